package import Cryptography
package import Foundation

/// A named HS256 key (RFC 7518 section 3.2) and the time in which it may be used. The secret is never shown.
package struct TokenKey: Sendable, Redacted {
    /// The one algorithm a key of this kind signs with, byte for byte as the header must spell it.
    static let algorithm = "HS256"

    /// The fewest bytes of a secret: as many as the hash gives.
    package static let minimumByteCount = 32

    /// The name tokens refer to.
    package let id: TokenKeyID

    /// The first moment the key is in use.
    package let notBefore: Date

    /// The first moment the key is no longer in use. When rotating, leave a token's life between the end of signing
    /// and this.
    package let notAfter: Date

    /// The key handed to the library.
    let secret: [UInt8]

    /// Takes a secret of at least 32 bytes that is not PEM text, which might be a public key.
    ///
    /// - Throws: `TokenError.keyUnfit`.
    package init(
        id: TokenKeyID,
        secret: [UInt8],
        notBefore: Date = .distantPast,
        notAfter: Date = .distantFuture
    ) throws(TokenError) {
        guard secret.count >= Self.minimumByteCount, !secret.starts(with: "-----BEGIN".utf8) else { throw .keyUnfit }
        self.id = id
        self.secret = secret
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    /// Derives the secret from the installation's master secret and the key's name, by HKDF with the info
    /// `access-token/<name>`.
    ///
    /// - Throws: `TokenError.keyUnfit`, which a derived key of 32 bytes never earns.
    package init(
        id: TokenKeyID,
        derivedFrom master: MasterSecret,
        notBefore: Date = .distantPast,
        notAfter: Date = .distantFuture
    ) throws(TokenError) {
        let secret = master.derive("access-token/\(id.rawValue)")
        try self.init(id: id, secret: secret, notBefore: notBefore, notAfter: notAfter)
    }

    /// Shows the name, never the secret.
    package var description: String { "TokenKey(\(id), redacted)" }
}
