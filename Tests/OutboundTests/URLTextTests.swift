import Outbound
import Testing

@Suite("URL text")
struct URLTextTests {
    @Test(
        "One slash at the end goes",
        arguments: [("https://a.example/", "https://a.example"), ("a.example/b", "a.example/b"), ("", "")])
    func slash(text: String, expected: String) {
        #expect(text.withoutLastSlash == expected)
    }

    @Test("Brackets around a host go", arguments: [("[::1]", "::1"), ("a.example", "a.example"), ("[::1", "[::1")])
    func brackets(text: String, expected: String) {
        #expect(text.withoutBrackets == expected)
    }
}
