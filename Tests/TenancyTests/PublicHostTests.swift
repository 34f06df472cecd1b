import Tenancy
import Testing

@Suite("PublicHost")
struct PublicHostTests {
    @Test(
        "a host has one spelling",
        arguments: [
            "help.acme.example", "HELP.Acme.Example", "help.acme.example.", "help.acme.example:80",
            "help.acme.example:", "help.acme.example.:65535",
        ])
    func spellings(text: String) {
        #expect(PublicHost(text)?.description == "help.acme.example")
    }

    @Test(
        "what is no name of a host is none",
        arguments: [
            "", ".", "localhost", "help..example", ".help.example", "-a.example", "a-.example", "127.0.0.1",
            "127.0.0.1:80", "[::1]", "[::1]:80", "a.example:x", "a.example:123456", "a@b.example", "a.example/x",
            "a.example,b.example", "a.example b.example", "ä.example", "a.example\u{0}", "a_b.example", "a.example..",
            "\u{212A}elp.example", String(repeating: "a", count: 64) + ".example",
            String(repeating: "a.", count: 127) + "example",
        ])
    func refused(text: String) {
        #expect(PublicHost(text) == nil)
    }
}
