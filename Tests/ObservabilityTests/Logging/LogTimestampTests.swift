import Observability
import Testing

@Suite("Log timestamp")
struct LogTimestampTests {
    /// A moment and how it is written.
    struct Moment: Sendable, CustomTestStringConvertible {
        /// Seconds since 1970.
        let seconds: Int
        /// Milliseconds within the second.
        let milliseconds: Int
        /// The expected text.
        let text: String
        /// The case's name in the report.
        var testDescription: String { text }
    }

    @Test(
        "moments are written as RFC 3339 in UTC",
        arguments: [
            Moment(seconds: 0, milliseconds: 0, text: "1970-01-01T00:00:00.000Z"),
            Moment(seconds: 951_782_399, milliseconds: 999, text: "2000-02-28T23:59:59.999Z"),
            Moment(seconds: 951_782_400, milliseconds: 1, text: "2000-02-29T00:00:00.001Z"),
            Moment(seconds: 1_798_761_599, milliseconds: 42, text: "2026-12-31T23:59:59.042Z"),
            Moment(seconds: 4_107_542_400, milliseconds: 0, text: "2100-03-01T00:00:00.000Z"),
            Moment(seconds: -1, milliseconds: 500, text: "1969-12-31T23:59:59.500Z"),
        ]
    )
    func momentsAreWritten(moment: Moment) {
        var bytes: [UInt8] = []
        LogTimestamp(seconds: moment.seconds, milliseconds: moment.milliseconds).append(to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == moment.text)
    }
}
