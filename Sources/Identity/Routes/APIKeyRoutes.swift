internal import PluginKit

/// The keys of a tenant's own programs.
struct APIKeyRoutes: Sendable {
    let identity: Identity

    var all: [Route] {
        let keys = identity.keys
        let authority = identity.members.authority
        return [
            List("/api-keys", needs: "api_keys.read", of: APIKeyPayload.self, "Keys in force") { call in
                try await keys.list(of: call.tenant, call.page)
            },
            Post(
                "/api-keys", needs: "api_keys.write", takes: NewAPIKey.self, returns: CreatedAPIKeyPayload.self,
                "Make a key with some of my own permissions; it ends when I am removed, disabled or given a lesser role"
            ) { call, input in
                let scopes = Dictionary(input.permissions.map { ($0, Scope.all) }, uniquingKeysWith: { one, _ in one })
                try authority.require(scopes, by: call)
                return try await keys.create(input, by: call, of: call.tenant)
            },
            Delete("/api-keys/{id}", needs: "api_keys.write", "End a key within a second") { call in
                try await keys.revoke(try call.path("id", as: ID<APIKey>.self), of: call.tenant)
            },
        ]
    }
}
