import Cryptography
import Foundation
import Identity
import Testing

@Suite("A token has one spelling")
struct TokenEncodingTests {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")

    private static var segments: [String] { TokenForge.token().split(separator: ".").map(String.init) }

    @Test(
        "with nothing added to a segment", arguments: 0...2,
        ["=", "==", " ", "\n", "\r\n", "\t", "\0", "A", "AAAA", "+", "/", "%3D", "é"]
    )
    func additions(segment: Int, addition: String) throws {
        var atEnd = Self.segments
        var atStart = Self.segments
        atEnd[segment] += addition
        atStart[segment] = addition + atStart[segment]
        for token in [atEnd, atStart].map({ $0.joined(separator: ".") }) {
            let refusal = try TokenForge.refusal(of: token)
            #expect(refusal != nil)
            if !addition.allSatisfy(Self.alphabet.contains) { #expect(refusal == .malformed) }
        }
    }

    @Test("A47: with no stray bits at the end of the signature", arguments: 1...3)
    func strayBits(bits: Int) throws {
        var segments = Self.segments
        let last = segments[2].removeLast()
        let value = try #require(Self.alphabet.firstIndex(of: last))
        try #require(value % 4 == 0)
        segments[2].append(Self.alphabet[value + bits])
        #expect(try TokenForge.refusal(of: segments.joined(separator: ".")) == .malformed)
    }

    @Test("with no stray bits at the end of header and payload", arguments: 0...1)
    func strayBitsInContent(segment: Int) throws {
        // A header of 38 bytes leaves 2 bits over; the payload is padded to do the same.
        let padding = String(
            repeating: "x", count: 2 + (2 - (TokenForge.payload(["pad": "\"xx\""]).utf8.count % 3) + 3) % 3)
        let honest = TokenForge.token(claims: ["pad": "\"\(padding)\""]).split(separator: ".").map(String.init)
        try #require(honest[0].count % 4 == 3 && honest[1].count % 4 == 3)
        var segments = honest
        let last = segments[segment].removeLast()
        let value = try #require(Self.alphabet.firstIndex(of: last))
        segments[segment].append(Self.alphabet[value + 1])
        let content = "\(segments[0]).\(segments[1])"
        let signature = Base64URL.encode(HMACSHA256.authenticate(Array(content.utf8), key: TokenForge.secret))
        #expect(try TokenForge.refusal(of: honest.joined(separator: ".")) == nil)
        #expect(try TokenForge.refusal(of: "\(content).\(signature)") == .malformed)
    }

    @Test("with a signature of full length", arguments: [1, 2, 3, 4, 11, 22, 39, 42])
    func truncated(dropped: Int) throws {
        let token = String(TokenForge.token().dropLast(dropped))
        let refusal = try TokenForge.refusal(of: token)
        #expect(refusal == .signatureInvalid || refusal == .malformed)
    }

    @Test("with a shorter signature that is a right beginning", arguments: [1, 16, 20, 31])
    func prefix(count: Int) throws {
        let segments = Self.segments
        let signature = try #require(Base64URL.decode(segments[2]))
        let token = "\(segments[0]).\(segments[1]).\(Base64URL.encode(Array(signature.prefix(count))))"
        #expect(try TokenForge.refusal(of: token) == .signatureInvalid)
    }

    @Test("with every bit of the signature right", arguments: 0..<256)
    func bits(bit: Int) throws {
        let segments = Self.segments
        var signature = try #require(Base64URL.decode(segments[2]))
        signature[bit / 8] ^= 1 << UInt8(bit % 8)
        let token = "\(segments[0]).\(segments[1]).\(Base64URL.encode(signature))"
        #expect(try TokenForge.refusal(of: token) == .signatureInvalid)
    }

    @Test("with the payload that was signed")
    func alteredPayload() throws {
        var segments = Self.segments
        segments[1] = Base64URL.encode(Array(TokenForge.payload(["role": "\"owner\""]).utf8))
        #expect(try TokenForge.refusal(of: segments.joined(separator: ".")) == .signatureInvalid)
    }

    @Test("of exactly three segments, none of them empty")
    func segmentCount() throws {
        let parts = Self.segments
        let tokens = [
            "", ".", "..", "...", parts[0], "\(parts[0]).\(parts[1])", "\(parts[0]).\(parts[1]).",
            ".\(parts[1]).\(parts[2])",
            "\(parts[0])..\(parts[2])", "\(parts.joined(separator: ".")).", ".\(parts.joined(separator: "."))",
            "\(parts.joined(separator: ".")).\(parts[2])", "\(parts.joined(separator: ".."))",
            parts.joined(separator: "．"),
        ]
        for token in tokens { #expect(try TokenForge.refusal(of: token) == .malformed) }
    }

    @Test("of 4,096 bytes at most")
    func size() throws {
        func token(padding count: Int) -> String {
            TokenForge.token(claims: ["pad": "\"" + String(repeating: "x", count: count) + "\""])
        }
        let longest = try #require((2_000...3_000).last { token(padding: $0).utf8.count <= 4_096 })
        #expect(try TokenForge.refusal(of: token(padding: longest)) == nil)
        #expect(try TokenForge.refusal(of: token(padding: longest + 3)) == .tooLarge)
        #expect(try TokenForge.refusal(of: String(repeating: "A", count: 4_097)) == .tooLarge)
        #expect(try TokenForge.refusal(of: String(repeating: ".", count: 10_000_000)) == .tooLarge)
    }

    @Test("whatever the bytes, the answer is a refusal")
    func noise() throws {
        var generator = SystemRandomNumberGenerator()
        let honest = Array(TokenForge.token().utf8)
        for _ in 0..<2_000 {
            var bytes = honest
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let position = bytes.indices.randomElement(using: &generator) ?? 0
                bytes[position] = bytes[position] ^ UInt8.random(in: 1...127, using: &generator)
            }
            guard bytes != honest else { continue }
            #expect(try TokenForge.refusal(of: String(decoding: bytes, as: UTF8.self)) != nil)
        }
    }
}
