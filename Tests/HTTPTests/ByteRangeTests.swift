import Testing

@testable import HTTP

@Suite("Byte ranges")
struct ByteRangeTests {
    /// A header with the part of a content of ten bytes that it asks for.
    struct Header: Sendable {
        let text: String?
        let range: ByteRange
    }

    static let headers = [
        Header(text: nil, range: .whole), Header(text: "bytes=0-3", range: .part(0..<4)),
        Header(text: "bytes=4-", range: .part(4..<10)), Header(text: "bytes=-3", range: .part(7..<10)),
        Header(text: "bytes=-30", range: .part(0..<10)), Header(text: "bytes=9-9", range: .part(9..<10)),
        Header(text: "Bytes=2-100", range: .part(2..<10)), Header(text: "bytes=10-", range: .unsatisfiable),
        Header(text: "bytes=10-12", range: .unsatisfiable), Header(text: "bytes=-0", range: .unsatisfiable),
        Header(text: "bytes=99999999999999999999-", range: .unsatisfiable),
        Header(text: "bytes=0-99999999999999999999", range: .part(0..<10)),
        // What has another form is ignored (RFC 9110 section 14.2).
        Header(text: "bytes=3-2", range: .whole), Header(text: "bytes=0-1,3-4", range: .whole),
        Header(text: "bytes=", range: .whole), Header(text: "bytes=-", range: .whole),
        Header(text: "bytes=a-b", range: .whole), Header(text: "bytes=+1-2", range: .whole),
        Header(text: "items=0-1", range: .whole), Header(text: "bytes=1-2-3", range: .whole),
        Header(text: "bytes=٣-", range: .whole),
    ]

    @Test("A range is what the header asks for", arguments: headers)
    func reading(header: Header) {
        #expect(ByteRange(header.text, size: 10, ifRange: nil, tag: "\"t\"") == header.range)
    }

    @Test("An empty content has no part")
    func emptyContent() {
        for text in ["bytes=0-", "bytes=-1", "bytes=0-0"] {
            #expect(ByteRange(text, size: 0, ifRange: nil, tag: "\"t\"") == .unsatisfiable)
        }
    }

    @Test("A range is only taken from the content that If-Range names")
    func ifRange() {
        #expect(ByteRange("bytes=0-1", size: 10, ifRange: "\"t\"", tag: "\"t\"") == .part(0..<2))
        for other in ["\"u\"", "W/\"t\"", "Sat, 21 Nov 2026 09:00:00 GMT"] {
            #expect(ByteRange("bytes=0-1", size: 10, ifRange: other, tag: "\"t\"") == .whole)
        }
    }
}
