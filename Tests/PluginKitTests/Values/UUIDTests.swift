import Foundation
import PluginKit
import TestKit
import Testing

@Suite("UUID")
struct UUIDTests {
    @Test("a new one is of version 7 and the variant of RFC 9562")
    func versionAndVariantAreSet() {
        for _ in 0..<200 {
            let bytes = UUID.version7().uuid
            #expect(bytes.6 >> 4 == 7)
            #expect(bytes.8 >> 6 == 2)
        }
    }

    @Test(
        "its first 48 bits are the milliseconds since 1970",
        arguments: [
            (1_795_232_252_123_999, "01a1fc2e-40db"), (0, "00000000-0000"), (999, "00000000-0000"),
            (-5_000_000, "00000000-0000"),
        ] as [(Int64, String)]
    )
    func timeIsEncoded(microseconds: Int64, start: String) {
        #expect(UUID.version7(at: Timestamp(microseconds: microseconds)).lowercased.hasPrefix(start))
    }

    @Test("ids of later milliseconds sort later, as bytes and as text")
    func idsSortByTime() {
        let start: Int64 = 1_795_232_252_000_000
        let ids = (0..<1000).map { UUID.version7(at: Timestamp(microseconds: start + Int64($0) * 1000)) }
        #expect(ids.map(\.lowercased) == ids.map(\.lowercased).sorted())
        #expect(zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test("ten thousand of one millisecond differ")
    func idsDiffer() {
        let instant = Timestamp.now()
        #expect(Set((0..<10_000).map { _ in UUID.version7(at: instant) }).count == 10_000)
    }

    @Test(
        "the canonical form is read in either case",
        arguments: [
            "01920000-0000-7000-8000-00000000abcd", "01920000-0000-7000-8000-00000000ABCD",
            "00000000-0000-0000-0000-000000000000",
            "ffffffff-ffff-ffff-ffff-ffffffffffff", "DeadBeef-0123-4567-89AB-cdefCDEF0123",
        ]
    )
    func canonicalFormIsRead(text: String) throws {
        let uuid = try #require(UUID(canonical: text))
        #expect(uuid == UUID(uuidString: text))
        #expect(uuid.lowercased == text.lowercased())
    }

    @Test(
        "any other form is refused",
        arguments: [
            "", "0", "01920000-0000-7000-8000-00000000abc", "01920000-0000-7000-8000-00000000abcde",
            "01920000000070008000" + "00000000abcd",
            "{01920000-0000-7000-8000-00000000abcd}", "01920000-0000-7000-8000-00000000abcg",
            "01920000-0000-7000-8000_00000000abcd",
            "0192000-00000-7000-8000-00000000abcd", " 1920000-0000-7000-8000-00000000abcd",
            "01920000-0000-7000-8000-00000000abcd ",
            "urn:uuid:01920000-0000-7000-8000-00000000abcd", "０1920000-0000-7000-8000-00000000ab",
            "------------------------------------",
            "01920000-0000-7000-8000-00000000abc\u{00}",
        ]
    )
    func otherFormIsRefused(text: String) {
        #expect(UUID(canonical: text) == nil)
    }

    @Test("Foundation writes and reads the same form", arguments: UInt64(1)...1)
    func foundationAgrees(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            let uuid = UUID(high: generator.next(), low: generator.next())
            #expect(uuid.lowercased == uuid.uuidString.lowercased())
            #expect(UUID(canonical: uuid.uuidString) == uuid)
        }
    }

    @Test("the first and the last stand on either side of every id")
    func firstAndLastAreBounds() {
        let id = UUID.version7()
        #expect(UUID.first < id && id < UUID.last)
    }
}
