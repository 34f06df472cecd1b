import ArgumentParser
import Foundation
import Mail
import Outbound
import Platform

/// The server that takes mail, of the commands that serve.
struct MailOptions: ParsableArguments {
    @Option(
        name: .customLong("smtp-url"),
        help: """
            A server that takes mail, such as smtp://mail.example:587 (TLS by STARTTLS) or smtps://mail.example; \
            ROMASHKA_SMTP_USER and ROMASHKA_SMTP_PASSWORD say who sends. Without it no mail is sent.
            """)
    var smtpURL: String?

    @Option(name: .customLong("mail-from"), help: "The sender, such as \"Desk <noreply@desk.example>\".")
    var from: String?

    @Option(
        name: .customLong("app-url"),
        help: "Where people's pages are: mails link to /password-reset and /invitation there, else they have codes.")
    var appURL: String?

    @Flag(name: .customLong("smtp-allow-plain"), help: "Let the mail server be one of another machine without TLS.")
    var allowsPlain = false

    func validate() throws {
        guard (smtpURL == nil) == (from == nil) else {
            throw ValidationError("--smtp-url and --mail-from come together")
        }
        if let from, MailboxAddress(text: from) == nil { throw ValidationError("--mail-from \(from) is no address") }
        if let appURL, URL(string: appURL)?.host == nil || !appURL.hasPrefix("http") {
            throw ValidationError("--app-url takes a URL such as https://desk.example")
        }
        if smtpURL != nil, try settings([:]) == nil { throw ValidationError("--smtp-url takes smtp://HOST:PORT") }
    }

    /// The settings; nil when no mail is sent.
    func settings(_ environment: [String: String]) throws -> MailSettings? {
        guard let smtpURL, let from = from.flatMap({ MailboxAddress(text: $0) }) else { return nil }
        return MailSettings(
            url: smtpURL, from: from, user: environment["ROMASHKA_SMTP_USER"],
            password: environment["ROMASHKA_SMTP_PASSWORD"],
            appURL: appURL?.withoutLastSlash, allowsPlain: allowsPlain)
    }
}
