@_spi(Kernel) internal import PluginKit

/// Login, refresh, logout, and who I am.
struct LoginRoutes: Sendable {
    let identity: Identity

    var all: [Route] {
        [
            .request(
                "POST", "/auth/login", .public, takes: LoginRequest.self, returns: SessionPayload.self,
                "Log in to a tenant"
            ) { request, input in
                try await identity.logins.login(
                    email: input.email, password: input.password, code: input.code, tenant: input.tenant,
                    request.client)
            }.answering(401),
            .request(
                "POST", "/auth/refresh", .public, takes: RefreshRequest.self, returns: SessionPayload.self,
                "Exchange a refresh token for a new pair"
            ) { _, input in
                try await identity.sessions.refresh(input.refreshToken)
            }.answering(401),
            .request(
                "POST", "/auth/password-resets", .public, takes: PasswordResetRequest.self,
                returns: AcceptedPayload.self, status: 202,
                "Ask for a new password by mail; the answer is the same for everybody"
            ) { request, input in
                try await identity.resetRequests.note(input, request.client)
            }.answering(409),
            .request(
                "POST", "/auth/password-resets/confirm", .public, takes: PasswordResetConfirmation.self,
                "Choose a new password by a reset's token"
            ) { _, input in
                try await identity.resets.confirm(input)
            }.answering(404),
            .call("POST", "/auth/logout", .session, "End this login") { call in
                guard let session = call.session else { throw Problem.notFound }
                if call.isImpersonated {
                    return try await identity.impersonations.end(ID<Impersonation>(session.uuid), in: call.tenant)
                }
                try await identity.sessions.end(session, of: call.tenant)
            }.answering(404),
            .call("POST", "/auth/logout-everywhere", .session, "End all of my logins in this tenant") { call in
                guard call.session != nil, !call.isImpersonated else { throw Problem.notFound }
                try await identity.sessions.endAll(
                    of: ProfileID(call.actor.id.uuid), call.tenant, but: nil, reason: "logout everywhere")
            }.answering(404),
            .call("GET", "/me", .session, returns: MePayload.self, "Who I am and what I may do") { call in
                try LoginRoutes.me(call)
            },
        ]
    }

    private static func me(_ call: Call) throws -> Resource<MePayload> {
        let names = call.permissions.keys.sorted()
        let role = Role(claim: call.actor.role)?.customID.map { $0.description } ?? call.actor.role
        return try Resource([
            "tenant_id": .string(call.tenant.description),
            "kind": .string(call.actor.kind == .apiKey ? "api_key" : "member"),
            "profile_id": .string(call.actor.id.description), "role": .string(role),
            "impersonated": .bool(call.isImpersonated), "permissions": .array(names.map { .string($0) }),
            "scopes": .object(names.map { .init($0, .string(call.permissions[$0]?.rawValue ?? "")) }),
        ])
    }
}
