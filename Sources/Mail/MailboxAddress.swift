internal import PluginKit

/// A mailbox with the name shown beside it (RFC 5322 §3.4).
package struct MailboxAddress: Hashable, Sendable {
    /// `local@domain`, checked.
    package let address: String
    package let name: String?

    /// Nil for what is no address, and for one with letters that only some servers take.
    package init?(_ address: String, name: String? = nil) {
        guard let email = EmailAddress(address), email.normalized.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            return nil
        }
        self.address = email.normalized
        self.name = name
    }

    /// Reads `noreply@desk.example` or `Desk <noreply@desk.example>`.
    package init?(text: String) {
        guard let start = text.firstIndex(of: "<") else {
            self.init(text)
            return
        }
        guard text.hasSuffix(">") else { return nil }
        let name = text[..<start].filter { $0 != "\"" }
        self.init(
            String(text[text.index(after: start)...].dropLast()), name: MailHeader.plain(String(name)))
    }

    /// The part behind the `@`.
    package var domain: String { String(address.split(separator: "@").last ?? "") }

    /// As it stands in a header.
    var header: String {
        guard let name, !name.isEmpty else { return address }
        return "\(MailHeader.phrase(name)) <\(address)>"
    }
}
