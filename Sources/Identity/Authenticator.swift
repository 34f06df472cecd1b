internal import Foundation
package import PluginKit
package import Tenancy

/// Turns a bearer token into a verified session.
package struct Authenticator: Sendable {
    private let verifier: TokenVerifier
    private let operators: OperatorTokens
    private let control: ControlPlane

    package init(verifier: TokenVerifier, operators: OperatorTokens, control: ControlPlane) {
        self.verifier = verifier
        self.operators = operators
        self.control = control
    }

    private static let unauthenticated = Problem(
        status: 401, code: "unauthenticated", detail: "A valid access token is needed, as Authorization: Bearer ….")
    private static let suspended = Problem(status: 403, code: "tenant_suspended", detail: "This tenant is suspended.")

    /// The session of an access token, if its login, its person and its tenant still stand.
    ///
    /// - Throws: `Problem` 401 `unauthenticated`, 403 `tenant_suspended`.
    package func session(_ token: String?) throws -> (session: TenantSession, login: LoginSessionID) {
        guard let token, let access = try? verifier.verify(token, audience: .api, now: Date()),
            let tenantID = access.tenant
        else { throw Authenticator.unauthenticated }
        let tenant = TenantID(tenantID)
        let login = LoginSessionID(access.session)
        let profile = ProfileID(access.subject)
        let (isActive, isEnded) = control.read { state in
            (
                state.isActive(tenant),
                state.isRevoked(login) || state.hasChanged(profile, since: Timestamp(access.issuedAt))
            )
        }
        guard !isEnded else { throw Authenticator.unauthenticated }
        guard isActive else { throw Authenticator.suspended }
        let actor = Actor(kind: .member, id: ActorID(access.subject), role: access.role)
        return (TenantSession(verified: tenant, actor: actor), login)
    }

    /// The operator behind a token.
    ///
    /// - Throws: `Problem` 401 `unauthenticated`.
    package func `operator`(_ token: String?) async throws -> ID<Operator> {
        guard let token, let id = try await operators.verify(token) else { throw Authenticator.unauthenticated }
        return id
    }
}
