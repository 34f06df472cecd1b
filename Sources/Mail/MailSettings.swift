internal import Cryptography
internal import Foundation

/// The server that takes mail, and in whose name it is sent.
package struct MailSettings: Sendable {
    let host: String
    let port: Int
    /// Whether the connection begins with TLS; else it changes to TLS before anything is said.
    let isImplicitTLS: Bool
    /// Whether the server may be spoken to without TLS: one of this machine, or where the operator says so.
    let allowsPlain: Bool
    let user: String?
    let password: String?
    /// The sender.
    package let from: MailboxAddress
    /// Where people's pages are, without a slash at the end; mails then have links besides the codes.
    package let appURL: String?

    /// - Parameters:
    ///   - url: `smtp://host:port` or `smtps://host:port`, without a password.
    ///   - allowsPlain: whether a server elsewhere may be spoken to without TLS.
    /// - Returns: nil when the address is none.
    package init?(
        url: String, from: MailboxAddress, user: String? = nil, password: String? = nil, appURL: String? = nil,
        allowsPlain: Bool = false
    ) {
        guard let parts = URLComponents(string: url), let scheme = parts.scheme, ["smtp", "smtps"].contains(scheme),
            let host = parts.host, !host.isEmpty, parts.user == nil, parts.password == nil, parts.query == nil,
            parts.fragment == nil, ["", "/"].contains(parts.path)
        else { return nil }
        let isLocal = ["127.0.0.1", "localhost", "[::1]", "::1"].contains(host)
        self.host = host
        isImplicitTLS = scheme == "smtps"
        port = parts.port ?? (scheme == "smtps" ? 465 : 587)
        self.allowsPlain = allowsPlain || isLocal
        self.user = user
        self.password = password
        self.from = from
        self.appURL = appURL
    }
}

extension MailSettings: Redacted {
    /// Never shows the password.
    package var description: String { "MailSettings(\(host):\(port), password redacted)" }
}
