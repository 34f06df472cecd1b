import Testing

@testable import Identity

@Suite("ProviderURL")
struct ProviderURLTests {
    private static func settings(allowsInsecure: Bool) -> OIDCSettings {
        var settings = OIDCSettings()
        settings.allowsInsecure = allowsInsecure
        return settings
    }

    @Test(
        "an issuer is https without user, query and fragment",
        arguments: [
            "https://login.example", "https://login.example/", "https://login.example:8443/realms/a",
            "https://[2606:4700::1111]/x",
        ])
    func taken(text: String) {
        #expect(ProviderURL(text, Self.settings(allowsInsecure: false), allowsQuery: false)?.text == text)
    }

    @Test(
        "anything else is none",
        arguments: [
            "", "login.example", "//login.example", "http://login.example", "ftp://login.example", "file:///etc/passwd",
            "https://", "https:///x", "https://user@login.example", "https://user:word@login.example",
            "https://login.example?x=1", "https://login.example/?", "https://login.example#x",
            "https://login.example/#",
            "https://login.example/a b", "https://login.example\\@evil.example", "https://login.example/\u{0}",
            "https://l\u{F6}gin.example", "javascript:alert(1)", "http://localhost.evil.example",
            "http://127.0.0.1.evil.example",
            "http://127.0.0.2", "https://\(String(repeating: "a", count: 2048)).example",
        ], [false, true])
    func refused(text: String, allowsInsecure: Bool) {
        #expect(ProviderURL(text, Self.settings(allowsInsecure: allowsInsecure), allowsQuery: false) == nil)
    }

    @Test(
        "http is for this machine, where it is allowed",
        arguments: ["http://127.0.0.1:9", "http://localhost/x", "http://[::1]:80"])
    func loopback(text: String) {
        #expect(ProviderURL(text, Self.settings(allowsInsecure: false)) == nil)
        #expect(ProviderURL(text, Self.settings(allowsInsecure: true)) != nil)
    }
}
