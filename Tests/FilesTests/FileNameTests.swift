import Files
import Testing

@Suite("File names")
struct FileNameTests {
    /// A name as somebody sends it, and as it is kept.
    struct Name: Sendable {
        let given: String
        let kept: String
    }

    static let names = [
        Name(given: "invoice.pdf", kept: "invoice.pdf"),
        Name(given: "Rechnung für Zoë 😀.pdf", kept: "Rechnung für Zoë 😀.pdf"),
        Name(given: "../../etc/passwd", kept: "passwd"), Name(given: "..\\..\\boot.ini", kept: "boot.ini"),
        Name(given: "/absolute", kept: "absolute"), Name(given: "C:\\x\\y.txt", kept: "y.txt"),
        Name(given: "folder/", kept: "folder"), Name(given: "..", kept: "file"), Name(given: ".", kept: "file"),
        Name(given: "", kept: "file"), Name(given: "   ", kept: "file"), Name(given: "///", kept: "file"),
        Name(given: "a\r\nSet-Cookie: x=1", kept: "aSet-Cookie: x=1"), Name(given: "a\"b;c", kept: "a\"b;c"),
        Name(given: "a\u{0}b\u{7F}c\u{1B}d", kept: "abcd"), Name(given: "exe\u{202E}fdp.scr", kept: "exefdp.scr"),
        Name(given: "a\u{2028}b\u{FEFF}c", kept: "abc"), Name(given: ".hidden", kept: ".hidden"),
        Name(given: "../\u{200D}../\u{200D}etc/\u{200D}passwd", kept: "passwd"),
        Name(given: "etc/\u{301}passwd", kept: "\u{301}passwd"), Name(given: ".\u{200D}.", kept: "file"),
        Name(given: String(repeating: "x", count: 300), kept: String(repeating: "x", count: 255)),
    ]

    @Test("A name is one segment of what can be seen", arguments: names)
    func cleaning(name: Name) {
        #expect(FileName.clean(name.given) == name.kept)
    }
}
