@_spi(Kernel) internal import PluginKit

/// What people do with their own account and logins.
struct OwnAccountRoutes: Sendable {
    let identity: Identity

    var all: [Route] {
        [
            .callList(
                "/me/sessions", .session, of: LoginSessionPayload.self,
                """
                My logins, newest first; one more than \(LoginSessions.maximumCount) ends the one that was not used for \
                the longest
                """
            ) { call in
                guard call.actor.kind == .member else { throw Problem.notFound }
                return try await identity.sessions.list(ProfileID(call.actor.id.uuid), call)
            }.answering(404),
            .call("DELETE", "/me/sessions/{id}", .session, "End one of my logins") { call in
                guard call.actor.kind == .member, !call.isImpersonated else { throw Problem.notFound }
                try await identity.sessions.end(
                    try call.path("id", as: LoginSessionID.self), ofProfile: ProfileID(call.actor.id.uuid),
                    call.tenant)
            },
            .call(
                "POST", "/me/password", .session, takes: PasswordChange.self,
                "Change my password; my other logins end"
            ) { call, input in
                try await identity.ownAccount.changePassword(input, call)
            },
            .call(
                "POST", "/me/second-factor", .session, takes: PasswordProof.self, returns: SecondFactorPayload.self,
                status: 201, "Prepare a second factor"
            ) { call, input in
                try await identity.ownAccount.prepareSecondFactor(input, call)
            },
            .call(
                "POST", "/me/second-factor/confirm", .session, takes: SecondFactorConfirmation.self,
                returns: RecoveryCodesPayload.self, "Confirm the second factor; my other logins end"
            ) { call, input in
                try await identity.ownAccount.confirmSecondFactor(input.code, call)
            },
            .call(
                "POST", "/me/second-factor/remove", .session, takes: PasswordProof.self, "Remove the second factor"
            ) { call, input in
                try await identity.ownAccount.removeSecondFactor(input, call)
            },
        ]
    }
}
