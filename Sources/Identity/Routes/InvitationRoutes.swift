@_spi(Kernel) internal import PluginKit

/// Invitations: made by admins, accepted by anybody who has the token.
struct InvitationRoutes: Sendable {
    let identity: Identity

    var all: [Route] {
        let invitations = identity.invitations
        return [
            List("/invitations", needs: "members.read", of: InvitationPayload.self, "Open invitations") { call in
                try await invitations.list(of: call.tenant, call.page)
            },
            Post(
                "/invitations", needs: "members.write", takes: NewInvitation.self,
                returns: CreatedInvitationPayload.self, "Invite somebody"
            ) { call, input in
                try await invitations.create(input, by: call)
            },
            Bulk(
                "/invitations/bulk", needs: "members.write", takes: NewInvitation.self,
                returns: CreatedInvitationPayload.self, status: 201,
                "Invite up to a hundred people, each for themselves"
            ) { call, input in
                try await invitations.create(input, by: call)
            },
            Delete("/invitations/{id}", needs: "members.write", "Take an invitation back") { call in
                try await invitations.revoke(try call.path("id", as: ID<Invitation>.self), of: call.tenant)
            },
            .request(
                "POST", "/invitations/accept", .public, takes: AcceptedInvitation.self, returns: SessionPayload.self,
                status: 201, "Join the tenant that invited, and log in"
            ) { request, input in
                try await invitations.accept(input, request.client)
            }.answering(401, 404, 409),
        ]
    }
}
