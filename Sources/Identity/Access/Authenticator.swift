package import Foundation
package import PluginKit
package import Tenancy

/// Turns a bearer token into a verified caller.
package struct Authenticator: Sendable {
    private let keyring: TokenKeyring
    private let keys: APIKeys
    private let operators: OperatorTokens
    private let control: ControlPlane

    package init(keyring: TokenKeyring, keys: APIKeys, operators: OperatorTokens, control: ControlPlane) {
        self.keyring = keyring
        self.keys = keys
        self.operators = operators
        self.control = control
    }

    static let unauthenticated = Problem(
        status: 401, code: "unauthenticated", detail: "A valid access token is needed, as Authorization: Bearer ….")
    /// What is answered in the name of a suspended tenant.
    package static let suspended = Problem(status: 403, code: "tenant_suspended", detail: "This tenant is suspended.")

    /// The caller behind an access token or an API key, if login, person, key and tenant still stand.
    ///
    /// - Throws: `Problem` 401 `unauthenticated`, 403 `tenant_suspended`.
    package func caller(_ token: String?) async throws -> Caller {
        guard let token else { throw Authenticator.unauthenticated }
        if token.hasPrefix(APIKeyToken.prefix) { return try await keyCaller(token) }
        return try await tokenCaller(token)
    }

    /// The audiences of tokens that open a tenant; which routes each may call is for the routes to say.
    private static let audiences = [TokenAudience.api, .customer]

    /// Whether a caller still stands as they did, as far as this process knows: the same proof, the same rights, a
    /// tenant that is active. Asks nobody, so it may be asked at every change.
    ///
    /// - Parameter moment: when a member's or customer's token had to be valid. Its end is not the end of the right.
    package func stands(_ caller: Caller, provedAt moment: Date = Date()) -> Bool {
        let tenant = caller.session.tenant
        switch caller.proof {
        case .token(let token):
            let moment = caller.impersonator == nil ? moment : Date()
            let access = try? keyring.verifier.verify(token, audiences: Authenticator.audiences, now: moment)
            guard let access else { return false }
            return control.read { $0.standing(of: access, tenant) == .active(caller.grant) }
        case .key(let id):
            guard caller.expiresAt.map({ $0 > .now() }) ?? true else { return false }
            return control.read { $0.isActive(tenant) && !$0.isRevoked(LoginSessionID(id.uuid)) }
        case .address, .job: return control.read { $0.isActive(tenant) }
        }
    }

    /// - Throws: `Problem` 401 `unauthenticated` for a caller who no longer stands as they did; 403 `tenant_suspended`.
    package func requireStanding(_ caller: Caller, provedAt moment: Date) throws {
        guard control.read({ $0.isActive(caller.session.tenant) }) else { throw Authenticator.suspended }
        guard stands(caller, provedAt: moment) else { throw Authenticator.unauthenticated }
    }

    private func tokenCaller(_ token: String) async throws -> Caller {
        let verified = try? keyring.verifier.verify(token, audiences: Authenticator.audiences, now: Date())
        guard let access = verified, let tenantID = access.tenant else { throw Authenticator.unauthenticated }
        let tenant = TenantID(tenantID)
        let grant: Grant
        switch try await read(of: tenant, { $0.standing(of: access, tenant) }) {
        case .ended: throw Authenticator.unauthenticated
        case .suspended: throw Authenticator.suspended
        case .active(let current): grant = current
        }
        let isCustomer = access.audience == .customer
        let actor = Actor(
            kind: isCustomer ? .customer : .member, id: ActorID(access.subject),
            role: isCustomer ? CustomerTokens.role : access.role)
        return Caller(
            session: TenantSession(verified: tenant, actor: actor, impersonator: access.impersonator?.id),
            login: isCustomer ? nil : LoginSessionID(access.session), grant: grant,
            impersonator: access.impersonator.map { .init(id: ID<Operator>($0.id), mayWrite: $0.mayWrite) },
            requestsPerMinute: nil, proof: .token(token), expiresAt: Timestamp(access.expiresAt))
    }

    private func keyCaller(_ token: String) async throws -> Caller {
        guard let key = try await keys.verify(token) else { throw Authenticator.unauthenticated }
        guard try await read(of: key.tenant, { $0.isActive(key.tenant) }) else { throw Authenticator.suspended }
        let actor = Actor(kind: .apiKey, id: ActorID(key.id.uuid), role: "api_key")
        return Caller(
            session: TenantSession(verified: key.tenant, actor: actor), login: nil, grant: key.grant,
            impersonator: nil, requestsPerMinute: key.requestsPerMinute, proof: .key(key.id),
            expiresAt: key.expiresAt)
    }

    /// What is known of a verified caller's tenant; one that another process has just made is asked for first.
    private func read<Value: Sendable>(
        of tenant: TenantID, _ body: @Sendable (borrowing ControlState) -> Value
    ) async throws -> Value {
        if let known = control.read({ state in state.isKnown(tenant) ? body(state) : nil }) { return known }
        try await control.refreshForCaller()
        return control.read(body)
    }

    /// The operator behind a token.
    ///
    /// - Throws: `Problem` 401 `unauthenticated`.
    package func `operator`(_ token: String?) async throws -> ID<Operator> {
        guard let token, let id = try await operators.verify(token) else { throw Authenticator.unauthenticated }
        return id
    }
}

/// Where the holder of an access token stands.
private enum TokenStanding: Hashable {
    case active(Grant)
    /// The login is over, or the person or customer is no longer who the token says.
    case ended
    case suspended
}

extension ControlState {
    fileprivate func standing(of access: AccessToken, _ tenant: TenantID) -> TokenStanding {
        if access.audience == .customer {
            if hasEnded(access.subject, of: tenant, since: access.epoch) { return .ended }
            // A customer has no permissions: what is theirs, the routes for customers and the database say.
            return isActive(tenant) ? .active(.none) : .suspended
        }
        let isEnded =
            isRevoked(LoginSessionID(access.session))
            || hasChanged(ProfileID(access.subject), since: access.epoch)
        if isEnded { return .ended }
        return isActive(tenant) ? .active(grant(of: access.role, tenant)) : .suspended
    }

    /// What the role of a token grants now; nothing when the tenant has no such role any more.
    func grant(of claim: String, _ tenant: TenantID) -> Grant {
        switch Role(claim: claim) {
        case nil: .none
        case .custom(let id)?: role(id.uuid, of: tenant).map { .listed($0) } ?? .none
        case let role?: .builtIn(role.word)
        }
    }
}
