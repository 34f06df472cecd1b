import Files
import Testing

@Suite("Content types")
struct ContentTypeTests {
    /// The beginning of a content, and what it is.
    struct Beginning: Sendable, CustomTestStringConvertible {
        let type: String
        let head: [UInt8]

        init(_ type: String, _ head: [UInt8]) {
            self.type = type
            self.head = head
        }

        init(_ type: String, _ text: String) { self.init(type, Array(text.utf8)) }

        var testDescription: String { "\(type) \(head.prefix(12))" }
    }

    static let beginnings = [
        Beginning("image/png", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0]),
        Beginning("image/jpeg", [0xFF, 0xD8, 0xFF, 0xE0, 0, 0x10]), Beginning("image/gif", "GIF89a\u{1}\0"),
        Beginning("image/webp", "RIFF\u{1}\0\0\0WEBPVP8 "), Beginning("audio/wav", "RIFF\u{1}\0\0\0WAVEfmt "),
        Beginning("application/pdf", "%PDF-1.7\n<html><script>"), Beginning("application/zip", "PK\u{3}\u{4}\u{14}\0"),
        Beginning("application/gzip", [0x1F, 0x8B, 0x08, 0]), Beginning("audio/mpeg", "ID3\u{4}\0\0"),
        Beginning("audio/mpeg", [0xFF, 0xFB, 0x90, 0]), Beginning("video/mp4", "\0\0\0\u{18}ftypisom\0\0"),
        Beginning("audio/mp4", "\0\0\0\u{18}ftypM4A \0\0"), Beginning("audio/ogg", "OggS\0\u{2}"),
        Beginning("video/webm", [0x1A, 0x45, 0xDF, 0xA3, 0x01]),
        Beginning("text/plain", "plain words, Ümläute and 😀\r\n"),
        // What a browser would run is text to be saved.
        Beginning("text/plain", "<!doctype html><script>alert(1)</script>"),
        Beginning("text/plain", "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        Beginning("text/plain", "<?xml version='1.0'?><a/>"), Beginning("text/plain", "import('x')"),
        Beginning("application/octet-stream", []), Beginning("application/octet-stream", [0, 1, 2, 3]),
        Beginning("application/octet-stream", [0xC3, 0x28]), Beginning("application/octet-stream", "words\0"),
        Beginning("application/octet-stream", [0xFE, 0xFF, 0, 0x41]),
        // A signature that is cut is none.
        Beginning("text/plain", "GIF8"), Beginning("text/plain", "RIFFxxxxWEB"),
        Beginning("application/octet-stream", [0x89, 0x50, 0x4E]),
    ]

    @Test("The bytes say what a content is", arguments: beginnings)
    func sniffing(beginning: Beginning) {
        #expect(ContentType.sniff(beginning.head) == beginning.type)
        #expect(ContentType.all.contains(beginning.type))
    }

    @Test("A character that is cut at the end of what is looked at is still text", arguments: 0..<4)
    func cutCharacter(shift: Int) {
        let text = Array(String(repeating: "x", count: shift).utf8) + Array(String(repeating: "😀", count: 2000).utf8)
        #expect(ContentType.sniff(Array(text.prefix(ContentType.headLength))) == "text/plain")
        #expect(ContentType.sniff(Array(text.prefix(shift + 6))) == "application/octet-stream")
    }

    @Test("Nothing is ever a type that a browser runs")
    func nothingRuns() {
        for type in ContentType.all {
            for word in ["html", "svg", "xml", "script", "json", "css"] { #expect(!type.contains(word), "\(type)") }
        }
    }
}
