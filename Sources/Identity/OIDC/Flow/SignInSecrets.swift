internal import Cryptography
internal import Foundation
@_spi(Kernel) internal import PluginKit

/// Signs states, and derives from a browser's secret what a provider and its token must answer to.
///
/// Nothing is stored when a sign-in begins, so that beginning many costs nothing.
struct SignInSecrets: Sendable {
    /// How long somebody may take at the provider.
    static let lifetime: Duration = .seconds(600)

    private let states: HMACSHA256
    private let nonces: HMACSHA256
    private let verifiers: HMACSHA256

    init(master: MasterSecret) {
        states = HMACSHA256(key: master.derive("oidc-state"))
        nonces = HMACSHA256(key: master.derive("oidc-nonce"))
        verifiers = HMACSHA256(key: master.derive("oidc-pkce"))
    }

    /// A new secret for a browser's cookie.
    static func browserSecret() -> String { Base64URL.encode(RandomBytes.generate(32)) }

    /// What a state keeps of a browser's secret.
    static func fingerprint(_ secret: String) -> String { Hex.encode(SHA256.digest(secret)) }

    /// A state that begins now.
    func begin(
        _ purpose: SignInState.Purpose, tenant: TenantID, connection: OIDCConnectionID, browser secret: String
    ) -> SignInState {
        SignInState(
            id: .make(), tenant: tenant, connection: connection, purpose: purpose,
            expiry: Timestamp.now().advanced(by: SignInSecrets.lifetime), browser: SignInSecrets.fingerprint(secret))
    }

    /// The parameter `state`.
    func sign(_ state: SignInState) -> String {
        let text = Array(state.text.utf8)
        return Base64URL.encode(text + states.authenticate(text))
    }

    /// The state behind a parameter, if this installation signed it, it has not expired, and it comes from the
    /// browser that it was given to.
    func verify(_ parameter: String?, browser secret: String?, now: Timestamp = .now()) -> SignInState? {
        guard let parameter, let secret, parameter.utf8.count <= 1024, secret.utf8.count <= 128,
            let bytes = Base64URL.decode(parameter), bytes.count > HMACSHA256.byteCount
        else { return nil }
        let text = Array(bytes.dropLast(HMACSHA256.byteCount))
        guard states.isValid(Array(bytes.suffix(HMACSHA256.byteCount)), for: text),
            let state = SignInState(String(decoding: text, as: UTF8.self)), now < state.expiry,
            ConstantTime.equal(Array(state.browser.utf8), Array(SignInSecrets.fingerprint(secret).utf8))
        else { return nil }
        return state
    }

    /// What the ID token must repeat.
    func nonce(of state: SignInState, browser secret: String) -> String {
        Base64URL.encode(nonces.authenticate("\(state.id).\(secret)"))
    }

    /// What the code can be redeemed with (RFC 7636 §4.1).
    func verifier(of state: SignInState, browser secret: String) -> String {
        Base64URL.encode(verifiers.authenticate("\(state.id).\(secret)"))
    }

    /// What the provider is told of the verifier beforehand, by the method S256 (RFC 7636 §4.2).
    static func challenge(_ verifier: String) -> String { Base64URL.encode(SHA256.digest(verifier)) }
}
