internal import Cryptography
@_spi(Kernel) internal import PluginKit

/// An ID token of a provider (OpenID Connect Core 1.0 §2), taken apart; nothing in it is believed yet.
struct IDToken {
    /// The longest token, in bytes; those with many groups are long.
    static let maximumByteCount = 16_384
    /// How far the provider's clock may be off, in seconds.
    static let skew = 30.0

    /// The algorithm as spelled.
    let algorithm: String
    /// The key's name; nil when there is none.
    let keyName: String?
    private let claims: JSONValue
    /// What is signed: header and claims as they stand.
    private let signed: [UInt8]
    private let signature: [UInt8]

    /// Reads a compact serialisation (RFC 7515 §7.1) of a token whose `typ`, if any, is that of an ID token.
    init(_ text: String) throws(IDTokenError) {
        guard text.utf8.count <= IDToken.maximumByteCount else { throw .malformed }
        let segments = Array(text.utf8).split(
            separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard segments.count == 3, let header = Base64URL.decode(segments[0]).flatMap({ try? JSONParser.parse($0) }),
            let claims = Base64URL.decode(segments[1]).flatMap({ try? JSONParser.parse($0) }),
            let signature = Base64URL.decode(segments[2]), !signature.isEmpty, claims.members != nil,
            let algorithm = header["alg"]?.string
        else { throw .malformed }
        // An extension that must be understood is not, and an access token is no proof of who signs in.
        guard header["crit"] == nil, header["typ"].map({ $0.string?.uppercased() == "JWT" }) ?? true else {
            throw .malformed
        }
        if let name = header["kid"], name.string == nil { throw .malformed }
        self.algorithm = algorithm
        keyName = header["kid"]?.string
        self.claims = claims
        self.signature = signature
        signed = Array(segments[0] + [UInt8(ascii: ".")] + segments[1])
    }

    /// Whether `key` signed this with the one algorithm it is good for.
    func requireSignature(of key: PublicKey) throws(IDTokenError) {
        guard algorithm == key.algorithm.rawValue else { throw .algorithmRefused }
        guard key.isValid(signature, for: signed) else { throw .signatureWrong }
    }

    /// What the token says, if it was made by `issuer` for `client` in answer to `nonce` and holds at `now`
    /// (OpenID Connect Core 1.0 §3.1.3.7).
    ///
    /// - Parameter now: seconds since 1970.
    func claims(issuer: String, client: String, nonce: String, now: Double) throws(IDTokenError) -> IDTokenClaims {
        guard claims["iss"]?.string == issuer else { throw .issuerWrong }
        try requireAudience(client)
        guard let expiry = seconds("exp"), let issued = seconds("iat") else { throw .malformed }
        guard now < expiry + IDToken.skew else { throw .expired }
        guard issued <= now + IDToken.skew, try notBefore() <= now + IDToken.skew else { throw .notYetValid }
        guard let given = claims["nonce"]?.string, ConstantTime.equal(Array(given.utf8), Array(nonce.utf8)) else {
            throw .nonceWrong
        }
        guard let subject = claims["sub"]?.string, (1...255).contains(subject.utf8.count),
            subject.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
        else { throw .subjectMissing }
        return IDTokenClaims(issuer: issuer, subject: subject, name: name, hasSecondFactor: hasSecondFactor)
    }

    /// The client must be named; where others are too, it must be the one the token was given to.
    private func requireAudience(_ client: String) throws(IDTokenError) {
        let audiences = claims["aud"]?.string.map { [$0] } ?? claims["aud"]?.array?.map { $0.string ?? "" } ?? []
        guard audiences.contains(client) else { throw .audienceWrong }
        let party = claims["azp"]
        guard party.map({ $0.string == client }) ?? (audiences.count == 1) else { throw .audienceWrong }
    }

    private func notBefore() throws(IDTokenError) -> Double {
        guard claims["nbf"] != nil else { return 0 }
        guard let seconds = seconds("nbf") else { throw .malformed }
        return seconds
    }

    /// A NumericDate (RFC 7519 §2).
    private func seconds(_ name: String) -> Double? {
        switch claims[name] {
        case .integer(let number): Double(number)
        case .number(let number): number
        default: nil
        }
    }

    /// Whether several factors were proved there, by the one word of RFC 8176 that says so; `acr` has no values that
    /// mean the same at two providers.
    private var hasSecondFactor: Bool { claims["amr"]?.array?.contains { $0.string == "mfa" } ?? false }

    /// A name to show; it identifies nobody.
    private var name: String? {
        let given = claims["name"]?.string ?? claims["preferred_username"]?.string ?? ""
        let shown = String(String.UnicodeScalarView(given.unicodeScalars.filter { !$0.properties.isNoise }.prefix(200)))
        return shown.allSatisfy(\.isWhitespace) ? nil : shown
    }
}

/// What is believed of an ID token. There is no e-mail address: it identifies nobody.
struct IDTokenClaims: Hashable, Sendable {
    /// Who says so.
    let issuer: String
    /// Whom the issuer means, unique there and never given to somebody else.
    let subject: String
    /// How they are called.
    let name: String?
    /// Whether they proved several factors there.
    let hasSecondFactor: Bool
}

extension Unicode.Scalar.Properties {
    /// Control characters, and those that turn the direction of writing or hide.
    fileprivate var isNoise: Bool { generalCategory == .control || generalCategory == .format }
}
