import Cryptography
import PluginKit
import Testing

@testable import Tenancy

@Suite("CursorCodec")
struct CursorCodecTests {
    private static let key: [JSONValue] = ["2026-01-01T00:00:00.000000Z", 7, nil]
    private static let scope = "tenant /items"

    private static func codec(_ byte: UInt8 = 1) throws -> CursorCodec {
        CursorCodec(master: try MasterSecret(bytes: Array(repeating: byte, count: 32)))
    }

    @Test("A cursor is read by the list that made it")
    func roundTrip() throws {
        let codec = try Self.codec()
        #expect(try codec.decode(codec.encode(Self.key, scope: Self.scope), scope: Self.scope) == Self.key)
    }

    @Test("Another tenant, another list and another installation refuse it")
    func scopes() throws {
        let cursor = try Self.codec().encode(Self.key, scope: Self.scope)
        #expect(throws: Problem.self) { try Self.codec().decode(cursor, scope: "other /items") }
        #expect(throws: Problem.self) { try Self.codec().decode(cursor, scope: "tenant /item") }
        #expect(throws: Problem.self) { try Self.codec(2).decode(cursor, scope: Self.scope) }
    }

    @Test("Any changed, missing or added byte is noticed")
    func tampering() throws {
        let codec = try Self.codec()
        let bytes = try #require(Base64URL.decode(codec.encode(Self.key, scope: Self.scope)))
        for index in bytes.indices {
            for mask: UInt8 in [0x01, 0x80] {
                var changed = bytes
                changed[index] ^= mask
                #expect(throws: Problem.self, "byte \(index)") {
                    try codec.decode(Base64URL.encode(changed), scope: Self.scope)
                }
            }
            #expect(throws: Problem.self, "the first \(index)") {
                try codec.decode(Base64URL.encode(Array(bytes[..<index])), scope: Self.scope)
            }
        }
        #expect(throws: Problem.self) { try codec.decode(Base64URL.encode(bytes + [0]), scope: Self.scope) }
    }

    @Test("What is no cursor is refused with a pointer", arguments: ["", "x", "====", "AAAA", "ä"])
    func garbage(text: String) throws {
        let problem = try #require(throws: Problem.self) { try Self.codec().decode(text, scope: Self.scope) }
        #expect(problem.status == 422 && problem.errors.map(\.pointer) == ["?cursor"])
    }
}
