@_spi(Kernel) package import PluginKit

/// The kernel's routes for sign-in through providers, and for the connections to them.
package struct OIDCRoutes: Sendable {
    private let connections: OIDCConnections
    private let signIn: ProviderSignIn
    private let authority: RoleAuthority

    init(connections: OIDCConnections, signIn: ProviderSignIn, authority: RoleAuthority) {
        self.authority = authority
        self.connections = connections
        self.signIn = signIn
    }

    /// All of them.
    package var all: [Route] { browserRoutes + linkRoutes + connectionRoutes }

    private var browserRoutes: [Route] {
        [
            .publicList(
                "/auth/oidc/offers", query: [Field("tenant", .text(1...63), required: true, example: "acme")],
                of: SignInOfferPayload.self, "The providers that a tenant's people may sign in through"
            ) { request in
                try await connections.offered(by: try request.query["tenant"])
            },
            .browser(
                "GET", "/auth/oidc/{connection}/start", query: [Field("state", .text(max: 1024), example: "…")],
                status: 302, "Send the browser to the provider"
            ) { request in
                try await signIn.start(
                    request, OIDCConnectionID(try request.path("connection")), state: try request.query["state"])
            }.answering(401, 409, 502),
            .browser(
                "GET", "/auth/oidc/{connection}/callback",
                query: [
                    Field("state", .text(max: 4096), example: "…"), Field("code", .text(max: 4096), example: "…"),
                    Field("iss", .text(max: 255), example: "https://login.example.com"),
                ], returns: SignInPayload.schema, ignoringUnknownParameters: true, showingPage: true,
                "Where the provider sends the browser back to"
            ) { request in
                let answer = AuthorizationAnswer(
                    code: try request.query["code"], state: try request.query["state"], issuer: try request.query["iss"]
                )
                return try await signIn.finish(request, OIDCConnectionID(try request.path("connection")), answer)
            }.answering(401, 403, 409, 502),
            .browser(
                "POST", "/auth/oidc/{connection}/second-factor", takes: SecondFactorProof.self,
                returns: SignInPayload.schema, "Prove the second factor of the account I sign in to"
            ) { request, input in
                try await signIn.prove(request, OIDCConnectionID(try request.path("connection")), input)
            }.answering(401, 409),
        ]
    }

    private var linkRoutes: [Route] {
        [
            .browserCall(
                "POST", "/auth/oidc/{connection}/link", .session, returns: SignInLinkPayload.schema,
                "Begin to link me with whom I am at a provider"
            ) { call in
                try await signIn.link(call, try call.path("connection", as: OIDCConnectionID.self))
            }.answering(404, 409),
            .call("DELETE", "/auth/oidc/{connection}/link", .session, "Remove my link with a provider") { call in
                try await signIn.unlink(call, try call.path("connection", as: OIDCConnectionID.self))
            }.answering(404),
        ]
    }

    private var connectionRoutes: [Route] {
        [
            List(
                "/auth/oidc/connections", needs: "sign_in.read", of: OIDCConnectionPayload.self,
                "The providers this tenant is connected to"
            ) { call in
                try await connections.list(of: call.tenant, call.page)
            },
            Post(
                "/auth/oidc/connections", needs: "sign_in.write", takes: NewOIDCConnection.self,
                returns: OIDCConnectionPayload.self, "Connect a provider"
            ) { call, input in
                if input.provisioning == "create" { try authority.require(OIDCConnections.newcomer, by: call) }
                return try await connections.add(input, by: call)
            }.answering(409).makingCredentials(),
            Get(
                "/auth/oidc/connections/{id}", needs: "sign_in.read", returns: OIDCConnectionPayload.self,
                "One connection"
            ) { call in
                let id = try call.path("id", as: OIDCConnectionID.self)
                guard let connection = try await connections.get(id, of: call.tenant) else { throw Problem.notFound }
                return connection
            },
            Patch(
                "/auth/oidc/connections/{id}", needs: "sign_in.write", takes: OIDCConnectionChange.self,
                returns: OIDCConnectionPayload.self, "Change a connection"
            ) { call, input in
                try await connections.change(
                    try call.path("id", as: OIDCConnectionID.self), input, by: call,
                    mayLetIn: authority.allows(OIDCConnections.newcomer, by: call))
            }.makingCredentials(),
            Delete("/auth/oidc/connections/{id}", needs: "sign_in.write", "Remove a connection and all its links") {
                call in
                try await connections.remove(try call.path("id", as: OIDCConnectionID.self), of: call.tenant)
            },
        ]
    }
}
