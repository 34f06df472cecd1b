import Testing

@testable import Mail

@Suite("Mail settings")
struct MailSettingsTests {
    @Test("no text of them shows the password")
    func redacted() throws {
        let from = try #require(MailboxAddress("noreply@desk.example"))
        let settings = try #require(
            MailSettings(url: "smtps://mail.example", from: from, user: "desk", password: "topsecret"))
        var text = "\([settings])"
        dump(settings, to: &text)
        #expect(text.contains("mail.example") && !text.contains("topsecret"))
    }
}
