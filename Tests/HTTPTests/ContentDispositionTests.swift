import Testing

@testable import HTTP

@Suite("Content-Disposition")
struct ContentDispositionTests {
    /// A name with its header.
    struct Name: Sendable {
        let name: String
        let header: String
    }

    static let names = [
        Name(name: "invoice.pdf", header: #"attachment; filename="invoice.pdf"; filename*=UTF-8''invoice.pdf"#),
        Name(
            name: #"a"b\c;d%e"#,
            header: #"attachment; filename="a_b_c_d_e"; filename*=UTF-8''a%22b%5Cc%3Bd%25e"#),
        Name(
            name: "Zoë 😀.txt",
            header: #"attachment; filename="Zo_ _.txt"; filename*=UTF-8''Zo%C3%AB%20%F0%9F%98%80.txt"#),
        Name(
            name: "a\r\nSet-Cookie: x",
            header: #"attachment; filename="a__Set-Cookie: x"; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20x"#),
    ]

    @Test("Every name fits into the header and stays what it is", arguments: names)
    func header(name: Name) {
        let header = ContentDisposition.attachment(name.name)
        #expect(header == name.header)
        #expect(header.utf8.allSatisfy { (0x20...0x7E).contains($0) })
    }
}
