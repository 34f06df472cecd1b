import Foundation
import PluginKit
import TestKit
import Testing

@Suite("Timestamp")
struct TimestampTests {
    @Test(
        "RFC 3339 is read with its zone",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59.999999Z", -1),
            ("2026-11-21T03:37:32Z", 1_795_232_252_000_000),
            ("2026-11-21T03:37:32.5+01:00", 1_795_228_652_500_000),
            ("2026-11-20T22:37:32-05:00", 1_795_232_252_000_000),
            ("2024-02-29t12:00:00z", 1_709_208_000_000_000), ("2024-02-29 12:00:00Z", 1_709_208_000_000_000),
            ("2000-01-01T00:00:00.1Z", 946_684_800_100_000), ("2000-01-01T00:00:00.123456789Z", 946_684_800_123_456),
            ("2000-01-01T00:00:00.000000999Z", 946_684_800_000_000), ("2000-01-01T05:45:00+05:45", 946_684_800_000_000),
            ("2000-01-01T00:00:00-00:00", 946_684_800_000_000), ("0000-01-01T00:00:00Z", -62_167_219_200_000_000),
            ("9999-12-31T23:59:59Z", Timestamp.distantFuture.microseconds),
        ] as [(String, Int64)]
    )
    func textIsRead(text: String, microseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.microseconds == microseconds)
    }

    @Test(
        "anything else is refused",
        arguments: [
            "", "now", "2026-11-21", "2026-11-21T03:37:32", "2026-11-21T03:37Z", "2026-11-21T3:37:32Z",
            "26-11-21T03:37:32Z",
            "2026-00-21T03:37:32Z", "2026-13-21T03:37:32Z", "2026-11-00T03:37:32Z", "2026-11-31T03:37:32Z",
            "2023-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T03:60:00Z", "2026-11-21T03:37:60Z",
            "2026-11-21T03:37:32.Z",
            "2026-11-21T03:37:32.1234567890Z", "2026-11-21T03:37:32+0100", "2026-11-21T03:37:32+01",
            "2026-11-21T03:37:32+24:00",
            "2026-11-21T03:37:32+01:60", "2026-11-21T03:37:32ZZ", "2026-11-21T03:37:32Z ", " 2026-11-21T03:37:32Z",
            "2026/11/21T03:37:32Z",
            "2026-11-21_03:37:32Z", "2026-11-21T03.37.32Z", "+2026-11-21T03:37:32Z", "-001-11-21T03:37:32Z",
            "２026-11-21T03:37:32Z",
            "2026-11-21T03:37:32,5Z", "2026-11-21T03:37:32 Z", "2026-11-21T03:37:32+-1:00",
        ]
    )
    func otherTextIsRefused(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test("what is written is read as the same instant", arguments: UInt64(1)...2)
    func textRoundTrips(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<5000 {
            let instant = Timestamp(
                microseconds: .random(in: -62_167_219_200_000_000...253_402_300_799_999_999, using: &generator))
            #expect(Timestamp(rfc3339: instant.description) == instant)
        }
    }

    @Test("Foundation writes the same text", arguments: UInt64(3)...3)
    func foundationAgrees(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: false)
        for _ in 0..<1000 {
            // From the calendar reform of 1582 on; before it Foundation has Julian dates.
            let seconds = Int64.random(in: -12_000_000_000...253_402_300_799, using: &generator)
            let text = Timestamp(microseconds: seconds * 1_000_000).description
            #expect(
                text == Date(timeIntervalSince1970: Double(seconds)).formatted(style).replacing("Z", with: ".000000Z"))
        }
    }

    @Test("instants outside of the years of RFC 3339 are written as the nearest inside")
    func farInstantsAreWrittenAsNearest() {
        #expect(Timestamp(microseconds: .max).description == "9999-12-31T23:59:59.999999Z")
        #expect(Timestamp(microseconds: .min).description == "0000-01-01T00:00:00.000000Z")
        #expect(Timestamp(microseconds: 253_402_300_800_000_000).description == "9999-12-31T23:59:59.999999Z")
    }

    @Test(
        "seconds are rounded down on both sides of 1970",
        arguments: [(0, 0), (999_999, 0), (1_000_000, 1), (-1, -1), (-1_000_000, -1), (-1_000_001, -2)])
    func secondsAreRoundedDown(microseconds: Int64, seconds: Int64) {
        #expect(Timestamp(microseconds: microseconds).seconds == seconds)
    }

    @Test("an instant moves by a duration, with parts of a second")
    func instantMoves() {
        let instant = Timestamp(microseconds: 1_000_000)
        #expect(instant.advanced(by: .milliseconds(1500)).microseconds == 2_500_000)
        #expect(instant.advanced(by: .milliseconds(-1500)).microseconds == -500_000)
        #expect(instant.advanced(by: .nanoseconds(999)).microseconds == 1_000_000)
        #expect(instant < instant.advanced(by: .microseconds(1)))
    }

    @Test("a date of Foundation keeps its microseconds")
    func dateKeepsMicroseconds() {
        #expect(Timestamp(Date(timeIntervalSince1970: 1_795_232_252.123_456)).microseconds == 1_795_232_252_123_456)
        #expect(Timestamp(Date(timeIntervalSince1970: -0.5)).microseconds == -500_000)
    }

    @Test("now lies between before and after")
    func nowIsNow() {
        let before = Timestamp(Date()).advanced(by: .seconds(-1))
        let after = Timestamp(Date()).advanced(by: .seconds(60))
        #expect((before...after).contains(.now()))
    }
}
