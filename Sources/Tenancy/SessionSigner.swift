package import Cryptography
package import PluginKit

/// Signs what `core.open` is told, so that no statement of a module can open another tenant's session.
///
/// The database holds the same key in `core.session_keys`, where only `core.open` can read it.
package struct SessionSigner: Sendable {
    /// How long a signed session may wait for its transaction.
    package static let lifetime: Duration = .seconds(60)

    /// The number of the key, as the database knows it.
    package let keyID: Int
    private let authenticator: HMACSHA256

    /// Derives key number `keyID` (1…99) from the master secret.
    package init(master: MasterSecret, keyID: Int = 1) {
        self.keyID = keyID
        authenticator = HMACSHA256(key: master.derive("database-session/\(keyID)"))
    }

    /// The 64 bytes of the key XOR 0x36, as the database needs them to compute the HMAC.
    package var innerPad: [UInt8] { authenticator.innerPad }
    /// The 64 bytes of the key XOR 0x5c.
    package var outerPad: [UInt8] { authenticator.outerPad }

    /// The statement that opens the session; it must be the first of its transaction.
    package func opening(_ claims: SessionClaims, now: Timestamp = .now()) -> SQL {
        "SELECT core.open(\(token(claims, now: now)))"
    }

    /// Claims and their MAC in hexadecimal. Later SQL cannot read it, because it travels as a bound value.
    package func token(_ claims: SessionClaims, now: Timestamp = .now()) -> String {
        let text = claims.text(expiry: now.advanced(by: SessionSigner.lifetime).seconds, keyID: keyID)
        return text + Hex.encode(authenticator.authenticate(text))
    }
}
