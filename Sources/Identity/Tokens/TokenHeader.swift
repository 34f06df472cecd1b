/// The header of a token (RFC 7515 section 4): `typ`, `alg` and `kid`, each once, and nothing else.
///
/// Not a word of `crit`, `jku`, `jwk` or `x5u`: a key comes from our table and from nowhere else.
struct TokenHeader: Sendable, Equatable {
    private static let names: Set<String> = ["typ", "alg", "kid"]

    /// The algorithm as spelled.
    let algorithm: String

    /// The name of the key as spelled.
    let keyName: String

    /// Reads the decoded first segment.
    ///
    /// - Throws: `TokenError.headerInvalid`.
    init(_ bytes: [UInt8]) throws(TokenError) {
        guard let object = FlatJSONObject(bytes), Set(object.keys) == Self.names,
            object.string("typ") == "JWT",
            let algorithm = object.string("alg"),
            let keyName = object.string("kid")
        else { throw .headerInvalid }
        self.algorithm = algorithm
        self.keyName = keyName
    }
}
