import Foundation
import PluginKit
import Testing

@testable import Mail

@Suite("MailMessage")
struct MailMessageTests {
    private static let sender = MailboxAddress(text: "Desk <noreply@desk.example>")
    private static let instant = Timestamp(microseconds: 1_795_251_845_000_000)

    private func lines(_ message: MailMessage) throws -> [String] {
        let sender = try #require(Self.sender)
        let bytes = message.bytes(from: sender, id: UUID(), at: Self.instant)
        return String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n")
    }

    /// Texts that try to be more than one header, or more than a text.
    static let hostile = [
        "Ada\r\nBcc: eve@example.com", "Ada\nBcc: eve@example.com", "Ada\rBcc: eve@example.com",
        "Ada\u{0}\r\n\r\nAnother body", "Ada\u{2028}Bcc: eve@example.com", "Ada\u{85}Bcc: eve@example.com",
        "\"Ada\" <eve@example.com>", "Ada\u{202E}moc.elpmaxe", "=?UTF-8?Q?Bcc:_eve?=", ".\r\nQUIT\r\n",
        String(repeating: "ß", count: 5000), "",
    ]

    @Test("No text that somebody typed makes a header, ends one, or grows beyond its line", arguments: hostile)
    func injection(text: String) throws {
        let mailbox = try #require(MailboxAddress("ada@example.com", name: text))
        let lines = try lines(MailMessage(to: mailbox, subject: text, text: text))
        let end = try #require(lines.firstIndex(of: ""))
        let names = lines[..<end].filter { !$0.hasPrefix(" ") }.map { $0.prefix { $0 != ":" } }
        #expect(
            names == [
                "From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
                "Content-Transfer-Encoding", "Auto-Submitted",
            ])
        #expect(lines.allSatisfy { $0.utf8.count <= 90 && $0.utf8.allSatisfy { (0x20...0x7E).contains($0) } })
        #expect(!lines[(end + 1)...].contains { $0.hasPrefix(".") })
    }

    @Test("A body is kept to the letter")
    func body() throws {
        let text = "Grüße,\n.\nFrom here on\n" + String(repeating: "long ", count: 1000)
        let mailbox = try #require(MailboxAddress("ada@example.com"))
        let lines = try lines(MailMessage(to: mailbox, subject: "Grüße", text: text))
        let end = try #require(lines.firstIndex(of: ""))
        let data = try #require(Data(base64Encoded: lines[(end + 1)...].joined()))
        #expect(String(decoding: data, as: UTF8.self) == text.replacing("\n", with: "\r\n"))
        #expect(lines[2] == "Subject: =?UTF-8?B?R3LDvMOfZQ==?=")
        #expect(lines.contains("Date: Sat, 21 Nov 2026 09:04:05 +0000"))
    }

    @Test(
        "What is no address, or more than one, is none",
        arguments: [
            "ada", "ada@example", "ada@example.com\r\nRCPT TO:<eve@example.com>", "ada@example.com, eve@example.com",
            "<ada@example.com>", "ada@exämple.com", "adä@example.com", "ada @example.com", "a\u{0}da@example.com",
        ])
    func addresses(text: String) {
        #expect(MailboxAddress(text) == nil)
    }

    @Test("A sender is read with and without a name")
    func senders() {
        #expect(MailboxAddress(text: "noreply@desk.example")?.header == "noreply@desk.example")
        #expect(MailboxAddress(text: "Desk <noreply@desk.example>")?.name == "Desk")
        #expect(MailboxAddress(text: "\"The Desk\" <noreply@desk.example>")?.name == "The Desk")
        #expect(MailboxAddress(text: "Desk <noreply@desk.example") == nil)
    }

    @Test("A server's address has no password, no path and no other scheme")
    func servers() throws {
        let from = try #require(Self.sender)
        for url in ["smtp://mail.example", "smtps://mail.example:465", "smtp://127.0.0.1:2525/"] {
            #expect(MailSettings(url: url, from: from) != nil, "\(url)")
        }
        for url in [
            "http://mail.example", "smtp://user:password@mail.example", "smtp://mail.example/x", "smtp://",
            "mail.example",
            "smtp://mail.example?x=1", "file:///etc/passwd",
        ] {
            #expect(MailSettings(url: url, from: from) == nil, "\(url)")
        }
    }
}
