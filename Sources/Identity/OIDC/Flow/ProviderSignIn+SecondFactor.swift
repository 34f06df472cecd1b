@_spi(Kernel) internal import PluginKit
internal import Tenancy

extension ProviderSignIn {
    /// Ends a sign-in whose provider has said who somebody is, but not by several factors, where the account has a second
    /// one of its own. A wrong code may be followed by another while the state holds, as often as a login may fail.
    ///
    /// - Throws: `Problem` 401 `sign_in_refused`; 429 `too_many_attempts`.
    func prove(_ request: Request, _ id: OIDCConnectionID?, _ input: SecondFactorProof) async throws -> HeadedReply {
        let (cookie, _) = try site()
        guard let id, let browser = cookie.secret(in: request),
            let state = secrets.verify(input.state, browser: browser), state.connection == id,
            case .secondFactor(let profile) = state.purpose
        else { throw refusal("state") }
        guard let connection = try await connections.enabled(id), connection.tenant == state.tenant,
            try await identities.isLinked(profile, with: connection),
            let account = try await secondFactors.guarded(profile, of: state.tenant)
        else { throw refusal("connection") }
        let subject = "second factor of \(account)"
        try await throttle.count(subject, request.client)
        guard try await secondFactors.accept(input.code, of: account) else { throw refusal("code", connection) }
        guard try await identities.use(state) else { throw refusal("state_used", connection) }
        try await throttle.forget(subject, request.client)
        let session = try await sessions.begin(profile, of: state.tenant, hasSecondFactor: true, request.client)
        return HeadedReply(
            headers: [cookie.clearing], body: ProviderSignIn.outcome("logged_in", session: session.value))
    }
}
