internal import Foundation
internal import PluginKit

/// A message of plain text to one person.
package struct MailMessage: Hashable, Sendable {
    package let to: MailboxAddress
    /// One line, of any letters.
    package let subject: String
    /// Lines of any letters.
    package let text: String

    /// Takes texts of any origin; headers show them on one line, the body as they are.
    package init(to: MailboxAddress, subject: String, text: String) {
        self.to = to
        self.subject = subject
        self.text = text
    }

    /// A text that somebody else has typed, for a line of ours: without line breaks, not longer than people read.
    package static func quoted(_ text: String) -> String { MailHeader.plain(text) }

    /// The bytes as SMTP takes them (RFC 5322, RFC 2045). Nobody answers what a program sends (RFC 3834 §5).
    ///
    /// - Parameter id: what is unique of the message's id.
    func bytes(from sender: MailboxAddress, id: UUID, at now: Timestamp) -> [UInt8] {
        let headers = [
            "From: \(sender.header)", "To: \(to.header)", "Subject: \(MailHeader.unstructured(subject))",
            "Date: \(MailMessage.date(now))", "Message-ID: <\(id.uuidString.lowercased())@\(sender.domain)>",
            "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64",
            "Auto-Submitted: auto-generated",
        ]
        let body = Data(text.replacing("\r\n", with: "\n").replacing("\n", with: "\r\n").utf8)
            .base64EncodedString(options: [.lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed])
        return Array((headers.joined(separator: "\r\n") + "\r\n\r\n" + body + "\r\n").utf8)
    }

    /// `Sat, 21 Nov 2026 09:00:00 +0000`.
    private static func date(_ instant: Timestamp) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss Z"
        return formatter.string(from: Date(timeIntervalSince1970: TimeInterval(instant.seconds)))
    }
}
