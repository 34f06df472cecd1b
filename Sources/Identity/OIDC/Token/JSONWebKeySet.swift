internal import Cryptography
@_spi(Kernel) internal import PluginKit

/// A provider's signing keys (RFC 7517): those that can be used, each with its one algorithm.
struct JSONWebKeySet: Sendable {
    /// How many keys of a document are read.
    private static let maximumCount = 64

    private let keys: [(name: String?, key: PublicKey)]

    /// Reads a document; keys of other kinds, for other uses or with unusable numbers are left out.
    init(_ document: JSONValue) {
        keys = (document["keys"]?.array ?? []).prefix(JSONWebKeySet.maximumCount).compactMap { entry in
            JSONWebKeySet.key(entry).map { (entry["kid"]?.string, $0) }
        }
    }

    /// The key that a token names; for a token that names none, the only one of its algorithm.
    func key(for token: IDToken) throws(IDTokenError) -> PublicKey {
        guard PublicKey.Algorithm(rawValue: token.algorithm) != nil else { throw .algorithmRefused }
        let named = keys.filter {
            token.keyName == nil ? $0.key.algorithm.rawValue == token.algorithm : $0.name == token.keyName
        }
        guard named.count == 1 else { throw .keyUnknown }
        return named[0].key
    }

    private static func key(_ entry: JSONValue) -> PublicKey? {
        guard entry["use"].map({ $0.string == "sig" }) ?? true, let key = numbers(entry),
            entry["alg"].map({ $0.string == key.algorithm.rawValue }) ?? true
        else { return nil }
        return key
    }

    private static func numbers(_ entry: JSONValue) -> PublicKey? {
        func bytes(_ name: String) -> [UInt8] { entry[name]?.string.flatMap(Base64URL.decode) ?? [] }
        switch entry["kty"]?.string {
        case "RSA": return try? PublicKey(rsaModulus: bytes("n"), exponent: bytes("e"))
        case "EC" where entry["crv"]?.string == "P-256": return try? PublicKey(p256X: bytes("x"), y: bytes("y"))
        default: return nil
        }
    }
}
