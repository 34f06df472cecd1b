internal import PluginKit

/// The teams of a tenant.
struct TeamRoutes: Sendable {
    let identity: Identity

    var all: [Route] {
        let teams = identity.teams
        return [
            List("/teams", needs: "teams.read", of: TeamPayload.self, "The teams of this tenant") { call in
                try await teams.list(of: call.tenant, call.page)
            },
            Post("/teams", needs: "teams.write", takes: NewTeam.self, returns: TeamPayload.self, "Make a team") {
                call, input in
                try await teams.create(input, by: call)
            },
            Patch(
                "/teams/{id}", needs: "teams.write", takes: TeamChange.self, returns: TeamPayload.self,
                "Change a team's name or people"
            ) { call, input in
                try await teams.change(try call.path("id", as: ID<Team>.self), input, by: call)
            },
            Delete("/teams/{id}", needs: "teams.write", "Remove a team; its people stay") { call in
                try await teams.remove(try call.path("id", as: ID<Team>.self), by: call)
            },
        ]
    }
}
