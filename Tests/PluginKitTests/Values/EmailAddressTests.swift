import PluginKit
import Testing

@Suite("E-mail address")
struct EmailAddressTests {
    @Test(
        "an address of the common form is kept in lower case",
        arguments: [
            ("a@b.co", "a@b.co"), ("Anna.Smith@Example.COM", "anna.smith@example.com"),
            ("a+tag@sub.example.org", "a+tag@sub.example.org"),
            ("!#$%&'*+-/=?^_`{|}~@example.org", "!#$%&'*+-/=?^_`{|}~@example.org"), ("1@1.de", "1@1.de"),
            ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
            ("jürgen@bücher.example", "jürgen@bücher.example"), ("ИВАН@почта.рф", "иван@почта.рф"),
            ("a.b.c@d-e.f-g.hi", "a.b.c@d-e.f-g.hi"),
        ]
    )
    func addressIsKept(text: String, normalized: String) {
        #expect(EmailAddress(text)?.normalized == normalized)
    }

    @Test(
        "anything else is refused",
        arguments: [
            "", "@", "a", "a@", "@b.co", "a@b", "a@@b.co", "a@b@c.co", "a b@c.co", " a@b.co", "a@b.co ", "a@b .co",
            "a\n@b.co", "a@b.co\n",
            ".a@b.co", "a.@b.co", "a..b@c.co", "a@.co", "a@b.", "a@b..co", "a@-b.co", "a@b-.co", "a@b_c.co",
            "\"a\"@b.co", "a,b@c.co",
            "a(c)@b.co", "<a@b.co>", "a:b@c.co", "a;b@c.co", "a\\b@c.co", "[a]@b.co", "a@[127.0.0.1]", "a\u{00}@b.co",
            "a\u{7F}@b.co",
            "a@b\u{00}.co", "a\u{200B}@b.co", "a\u{2028}b@c.co", "a@b🌼.co", "Anna <a@b.co>", "a@b.co, c@d.co",
        ]
    )
    func otherTextIsRefused(text: String) {
        #expect(EmailAddress(text) == nil)
    }

    @Test("the limits of RFC 5321 hold: 64 bytes before the sign, 63 in a label, 254 in all")
    func lengthsAreBounded() {
        let local = String(repeating: "l", count: 64)
        let label = String(repeating: "d", count: 63)
        #expect(EmailAddress("\(local)@b.co") != nil)
        #expect(EmailAddress("\(local)l@b.co") == nil)
        #expect(EmailAddress("a@\(label).co") != nil)
        #expect(EmailAddress("a@\(label)d.co") == nil)
        let domain = "\(label).\(label).\(String(repeating: "d", count: 61))"
        #expect(EmailAddress("\(local)@\(domain)")?.normalized.utf8.count == 254)
        #expect(EmailAddress("\(local)@\(domain)d") == nil)
        #expect(EmailAddress("\(String(repeating: "é", count: 33))@b.co") == nil)
    }

    @Test("addresses that differ in case only are the same")
    func caseDoesNotMatter() {
        #expect(EmailAddress("A@B.co") == EmailAddress("a@b.CO"))
    }
}
