@_spi(Kernel) internal import PluginKit

/// Tenants as accounts, plans, and the installation's settings.
struct SettingsRoutes: Sendable {
    let identity: Identity

    var all: [Route] { tenants + plans + settings }

    private var tenants: [Route] {
        let accounts = identity.accounts
        return [
            .call("GET", "/tenant", .permission("settings.read"), returns: TenantAccountPayload.self, "This tenant") {
                call in
                try await accounts.get(call.tenant)
            },
            .callChange(
                "/tenant", .permission("settings.write"), takes: OwnTenantChange.self,
                returns: TenantAccountPayload.self, "Change this tenant's name or settings"
            ) { call, input in
                try await accounts.change(call.tenant, input)
            },
            .request(
                "PATCH", "/operator/tenants/{id}", .operator, takes: TenantChange.self,
                returns: TenantAccountPayload.self, "Change a tenant's plan, limits or name"
            ) { request, input in
                try await accounts.change(try request.path("id", as: TenantID.self), input)
            },
            .request(
                "POST", "/operator/tenants/{id}/erase", .operator, takes: ErasureConfirmation.self,
                returns: ErasurePayload.self, "Erase a suspended tenant, with a proof"
            ) { request, input in
                guard let id = request.operatorID else { throw Problem.notFound }
                return try await identity.erasure.erase(
                    try request.path("id", as: TenantID.self), confirmation: input.confirm, by: ID<Operator>(id))
            },
        ]
    }

    private var plans: [Route] {
        [
            .list("/operator/plans", .operator, of: PlanPayload.self, "All plans") { _ in
                try await identity.accounts.plans()
            },
            .request(
                "PUT", "/operator/plans/{id}", .operator, takes: PlanChange.self, returns: PlanPayload.self,
                "Make a plan, or set its limits"
            ) { request, input in
                try await identity.accounts.setPlan(try request.path("id"), input)
            }.with(parameters: [PlanPayload.id]),
        ]
    }

    private var settings: [Route] {
        [
            .list("/system/settings", .public, of: SystemSettingPayload.self, "The public settings") { _ in
                try await identity.settings.list(onlyPublic: true)
            },
            .list("/operator/settings", .operator, of: SystemSettingPayload.self, "All settings") { _ in
                try await identity.settings.list(onlyPublic: false)
            },
            .request(
                "PUT", "/operator/settings/{key}", .operator, takes: SystemSettingChange.self,
                returns: SystemSettingPayload.self, "Set a setting"
            ) { request, input in
                try await identity.settings.set(try request.path("key"), input)
            }.with(parameters: [SystemSettingPayload.key]),
            .request("DELETE", "/operator/settings/{key}", .operator, "Remove a setting") { request in
                try await identity.settings.remove(try request.path("key"))
            }.with(parameters: [SystemSettingPayload.key]),
        ]
    }
}
