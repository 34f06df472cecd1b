internal import PluginKit
internal import Tenancy

extension LoginThrottle.Bounds {
    /// Invitations by mail: from one tenant to somebody, to somebody from whichever tenant, and from one tenant. Counted
    /// apart from the mails people ask for, so that nobody's new password waits for what others send them.
    static let invitation = LoginThrottle.Bounds(
        purpose: "invitation-throttle", pair: 3, account: 5, address: 300, window: .seconds(3600))
}

extension LoginThrottle {
    /// Counts a mail to somebody who may not want it, for the tenant that sends it.
    ///
    /// - Throws: `Problem` 429 `too_many_attempts` with the seconds to wait.
    func countInvitation(of email: String, by tenant: TenantID) async throws {
        // The tenant stands where logins have the client: whoever sends, from wherever they ask.
        try await count(email, Request.Client(address: tenant.description))
    }
}
