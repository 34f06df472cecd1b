internal import Mail
internal import PluginKit

/// The words of mails about accounts. Names in them were typed by somebody, and stand on one line.
struct AccountMessages: Sendable {
    /// Where people's pages are; without it a mail has the code alone.
    let appURL: String?

    /// Nil when no mail can go to the address.
    func reset(_ token: String, to email: String, name: String, tenants: String) -> MailMessage? {
        let tenants = MailMessage.quoted(tenants)
        return MailboxAddress(email, name: MailMessage.quoted(name)).map { mailbox in
            MailMessage(
                to: mailbox, subject: "A new password for \(tenants)",
                text: """
                    Hello \(MailMessage.quoted(name)),

                    somebody, you we hope, has asked for a new password for your account at \(tenants).
                    Within an hour you can choose one \(way(token, "password-reset"))

                    Nothing changes unless you do. If it was not you, leave it.

                    """)
        }
    }

    /// Nil when no mail can go to the address.
    func invitation(
        _ token: String, to email: String, tenant: String, inviter: String?, expiresAt: Timestamp
    ) -> MailMessage? {
        let tenant = MailMessage.quoted(tenant)
        let whom = inviter.map { "\(MailMessage.quoted($0)) invites you" } ?? "You are invited"
        return MailboxAddress(email).map { mailbox in
            MailMessage(
                to: mailbox, subject: "Join \(tenant)",
                text: """
                    Hello,

                    \(whom) to work with \(tenant) on customers' questions.
                    Until \(expiresAt.description.prefix(10)) you can join \(way(token, "invitation"))

                    If you do not know \(tenant), leave it.

                    """)
        }
    }

    /// The token stands behind `#`, so that no server on the way logs it.
    private func way(_ token: String, _ page: String) -> String {
        guard let appURL else { return "with this code:\n\n    \(token)" }
        return "at\n\n    \(appURL)/\(page)#token=\(token)"
    }
}
