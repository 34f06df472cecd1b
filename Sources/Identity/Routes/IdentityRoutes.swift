@_spi(Kernel) package import PluginKit

/// The kernel's routes for logins, tenants and people.
package struct IdentityRoutes: Sendable {
    private let logins: Logins
    private let tenants: Tenants
    private let members: Members
    private let permissions: Permissions

    package init(logins: Logins, tenants: Tenants, members: Members, permissions: Permissions) {
        self.logins = logins
        self.tenants = tenants
        self.members = members
        self.permissions = permissions
    }

    /// The paths that no plugin may serve.
    package static let mounts = ["/auth", "/me", "/members", "/operator"]

    /// All of them.
    package var all: [Route] { sessionRoutes + operatorRoutes + memberRoutes }

    private var sessionRoutes: [Route] {
        [
            .request(
                "POST", "/auth/login", .public, takes: LoginRequest.self, returns: SessionPayload.self,
                "Log in to a tenant"
            ) { _, input in
                try await logins.login(email: input.email, password: input.password, tenant: input.tenant)
            }.answering(401),
            .request(
                "POST", "/auth/refresh", .public, takes: RefreshRequest.self, returns: SessionPayload.self,
                "Exchange a refresh token for a new pair"
            ) { _, input in
                try await logins.refresh(input.refreshToken)
            }.answering(401),
            .call("POST", "/auth/logout", .session, "End this login") { call in
                guard let session = call.session else { throw Problem.notFound }
                try await logins.end(session, of: call.tenant)
            }.answering(404),
            .call("GET", "/me", .session, returns: MePayload.self, "Who I am and what I may do") { call in
                try Resource([
                    "tenant_id": .string(call.tenant.description), "profile_id": .string(call.actor.id.description),
                    "role": .string(call.actor.role),
                    "permissions": .array(permissions.all(of: call.actor.role).map { .string($0) }),
                ])
            },
        ]
    }

    private var operatorRoutes: [Route] {
        [
            .request(
                "POST", "/operator/tenants", .operator, takes: NewTenant.self, returns: TenantPayload.self, status: 201,
                "Onboard a tenant with its first admin"
            ) { _, input in
                try await tenants.create(slug: input.slug, name: input.name, isTest: input.isTest, admin: input.admin)
            },
            .list("/operator/tenants", .operator, of: TenantPayload.self, "All tenants") { request in
                try await tenants.list(request.page)
            },
            .request("GET", "/operator/tenants/{id}", .operator, returns: TenantPayload.self, "One tenant") { request in
                try await tenants.get(try request.path("id", as: TenantID.self))
            },
            .request(
                "POST", "/operator/tenants/{id}/suspend", .operator, returns: TenantPayload.self,
                "Shut a tenant out within a second"
            ) { request in
                try await tenants.setActive(false, try request.path("id", as: TenantID.self))
            },
            .request(
                "POST", "/operator/tenants/{id}/resume", .operator, returns: TenantPayload.self,
                "Let a suspended tenant in again"
            ) { request in
                try await tenants.setActive(true, try request.path("id", as: TenantID.self))
            },
        ]
    }

    private var memberRoutes: [Route] {
        [
            List("/members", needs: "members.read", of: MemberPayload.self, "The people of this tenant") { call in
                try await members.list(of: call.tenant, call.page)
            },
            Post(
                "/members", needs: "members.write", takes: NewMember.self, returns: MemberPayload.self,
                "Add a person to this tenant"
            ) { call, input in
                try await members.add(input, to: call.tenant)
            },
        ]
    }
}
