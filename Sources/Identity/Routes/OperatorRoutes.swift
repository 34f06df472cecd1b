@_spi(Kernel) internal import PluginKit
internal import Tenancy

/// What operators do: onboarding, suspending, helping.
struct OperatorRoutes: Sendable {
    let identity: Identity

    var all: [Route] { tenants + hosts + help }

    private var tenants: [Route] {
        [
            .request(
                "POST", "/operator/tenants", .operator, takes: NewTenant.self, returns: TenantPayload.self, status: 201,
                "Onboard a tenant with its first owner"
            ) { _, input in
                try await identity.tenants.create(
                    slug: input.slug, name: input.name, isTest: input.isTest, admin: input.admin)
            },
            .list("/operator/tenants", .operator, of: TenantPayload.self, "All tenants") { request in
                try await identity.tenants.list(request.page)
            },
            .request("GET", "/operator/tenants/{id}", .operator, returns: TenantPayload.self, "One tenant") { request in
                try await identity.tenants.get(try request.path("id", as: TenantID.self))
            },
            .request(
                "POST", "/operator/tenants/{id}/suspend", .operator, returns: TenantPayload.self,
                "Shut a tenant out within a second"
            ) { request in
                try await identity.tenants.setActive(false, try request.path("id", as: TenantID.self))
            },
            .request(
                "POST", "/operator/tenants/{id}/resume", .operator, returns: TenantPayload.self,
                "Let a suspended tenant in again"
            ) { request in
                try await identity.tenants.setActive(true, try request.path("id", as: TenantID.self))
            },
        ]
    }

    private var hosts: [Route] {
        [
            .list(
                "/operator/tenants/{id}/hosts", .operator, of: TenantHostPayload.self,
                "The hosts under which visitors find a tenant"
            ) { request in
                let tenant = try request.path("id", as: TenantID.self)
                _ = try await identity.tenants.get(tenant)
                return try await identity.hosts.list(of: tenant)
            },
            .request(
                "POST", "/operator/tenants/{id}/hosts", .operator, takes: NewTenantHost.self,
                returns: TenantHostPayload.self, status: 201, "Give a tenant a host"
            ) { request, input in
                try await identity.hosts.add(input.host, to: try request.path("id", as: TenantID.self))
            },
            .request("DELETE", "/operator/tenants/{id}/hosts/{host}", .operator, "Take a host away from a tenant") {
                request in
                guard let host = PublicHost(try request.path("host")) else { throw Problem.notFound }
                try await identity.hosts.remove(host, from: try request.path("id", as: TenantID.self))
            }.with(parameters: [Field("host", .text(3...253), required: true, example: "help.acme.example")]),
        ]
    }

    private var help: [Route] {
        [
            .list(
                "/operator/tenants/{id}/members", .operator, of: MemberPayload.self, "The people of a tenant"
            ) { request in
                let tenant = try request.path("id", as: TenantID.self)
                _ = try await identity.tenants.get(tenant)
                return try await identity.members.list(of: tenant, request.page)
            },
            .request(
                "POST", "/operator/tenants/{id}/members/{member_id}/password-reset", .operator,
                returns: PasswordResetPayload.self, "Begin a password reset for a member"
            ) { request in
                try await identity.resets.create(
                    for: try request.path("member_id", as: ProfileID.self),
                    of: try request.path("id", as: TenantID.self))
            },
            .request(
                "POST", "/operator/tenants/{id}/impersonations", .operator, takes: NewImpersonation.self,
                returns: ImpersonationTokenPayload.self, status: 201, "Act as a member, on record"
            ) { request, input in
                guard let id = request.operatorID else { throw Problem.notFound }
                return try await identity.impersonations.begin(
                    input, ID<Operator>(id), in: try request.path("id", as: TenantID.self))
            },
            .request(
                "DELETE", "/operator/tenants/{id}/impersonations/{impersonation_id}", .operator,
                "Stop acting as a member"
            ) { request in
                try await identity.impersonations.end(
                    try request.path("impersonation_id", as: ID<Impersonation>.self),
                    in: try request.path("id", as: TenantID.self))
            },
        ]
    }
}
