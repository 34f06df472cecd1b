@_spi(Kernel) internal import PluginKit

/// The people of a tenant.
struct MemberRoutes: Sendable {
    let identity: Identity

    var all: [Route] {
        let members = identity.members
        return [
            List("/members", needs: "members.read", of: MemberPayload.self, "The people of this tenant") { call in
                try await members.list(of: call.tenant, call.page)
            },
            Post(
                "/members", needs: "members.write", takes: NewMember.self, returns: MemberPayload.self,
                "Add a person with an account that this tenant manages"
            ) { call, input in
                try members.authority.require(input.role, by: call)
                return try await members.add(input, to: call.tenant, by: call)
            }.makingCredentials(),
            Get("/members/{id}", needs: "members.read", returns: MemberPayload.self, "One person") { call in
                try await members.get(try call.path("id", as: ProfileID.self), of: call.tenant)
            },
            Patch(
                "/members/{id}", needs: "members.write", takes: MemberChange.self, returns: MemberPayload.self,
                "Change a person's name, role or status; no API key they made may do more than they"
            ) { call, input in
                try await members.change(try call.path("id", as: ProfileID.self), input, by: call)
            },
            Delete("/members/{id}", needs: "members.write", "Remove a person with the API keys they made") { call in
                try await members.remove(try call.path("id", as: ProfileID.self), by: call)
            },
            .call(
                "POST", "/members/{id}/password-reset", .permission("members.write"),
                returns: PasswordResetPayload.self, "Begin a password reset for somebody whose account we manage"
            ) { call in
                try await identity.resets.create(for: try call.path("id", as: ProfileID.self), by: call)
            },
            .callList(
                "/impersonations", .permission("members.read"), of: ImpersonationPayload.self,
                "When operators acted as one of us, and why"
            ) { call in
                try await identity.impersonations.list(of: call.tenant, call.page)
            },
        ]
    }
}
