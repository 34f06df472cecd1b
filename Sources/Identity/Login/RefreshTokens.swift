package import Cryptography
package import PluginKit

/// Makes and checks refresh tokens: `rmr_<tenant>_<session>_<counter>_<MAC>`.
///
/// Only the counter is stored, so that the current token can be given again to a client that lost it
/// (the scheme of supabase/auth, internal/crypto/refresh_tokens.go).
package struct RefreshTokens: Sendable {
    /// What a token says.
    package struct Claims: Hashable, Sendable {
        package let tenant: TenantID
        package let session: LoginSessionID
        /// How often the session was refreshed, plus one.
        package let counter: Int64
    }

    private let authenticator: HMACSHA256

    package init(master: MasterSecret) {
        authenticator = HMACSHA256(key: master.derive("refresh-token"))
    }

    /// The token of a session after `counter - 1` refreshes.
    package func make(tenant: TenantID, session: LoginSessionID, counter: Int64) -> String {
        let text = "rmr_\(tenant)_\(session)_\(counter)"
        return "\(text)_\(Base64URL.encode(authenticator.authenticate(text)))"
    }

    /// What a token says; nil when this installation did not make it.
    package func verify(_ text: String) -> Claims? {
        guard text.utf8.count <= 256 else { return nil }
        let parts = text.split(separator: "_", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "rmr", let tenant = TenantID(parts[1]),
            let session = LoginSessionID(parts[2]),
            let counter = Int64(parts[3]), let mac = Base64URL.decode(String(parts[4])),
            authenticator.isValid(mac, for: Array("rmr_\(tenant)_\(session)_\(counter)".utf8))
        else { return nil }
        return Claims(tenant: tenant, session: session, counter: counter)
    }
}
