import Observability
import Testing

/// W3C Trace Context, level 1.
@Suite("SpanContext")
struct SpanContextTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let parent = "00f067aa0ba902b7"

    @Test(
        "What the caller names is continued: the trace stays, the span is new",
        arguments: [("00", false), ("01", true), ("03", true), ("fe", false), ("ff", true)])
    func continued(flags: String, isSampled: Bool) throws {
        let caller = try #require(SpanContext(traceparent: "00-\(Self.trace)-\(Self.parent)-\(flags)"))
        #expect(caller.trace.description == Self.trace && caller.span.description == Self.parent)
        #expect(caller.isSampled == isSampled)
        let own = Tracer(ratio: 0.5).begin(after: caller)
        #expect(own.trace == caller.trace && own.span != caller.span && own.isSampled == isSampled)
        #expect(own.traceparent == "00-\(Self.trace)-\(own.span)-\(isSampled ? "01" : "00")")
    }

    @Test(
        "A later version is read as the first is, whatever follows", arguments: ["cc", "01", "fe"],
        ["", "-", "-what-the-future-will-be-like"])
    func later(version: String, rest: String) throws {
        let caller = try #require(SpanContext(traceparent: "\(version)-\(Self.trace)-\(Self.parent)-01\(rest)"))
        #expect(caller.trace.description == Self.trace && caller.isSampled)
    }

    @Test(
        "Whatever the specification calls invalid begins a new trace",
        arguments: [
            "", "00", "00-", String(repeating: "0", count: 55), String(repeating: "-", count: 55),
            // version: forbidden, not hexadecimal, too short, too long, upper case
            "ff-\(trace)-\(parent)-01", "0x-\(trace)-\(parent)-01", ".0-\(trace)-\(parent)-01",
            "0-\(trace)-\(parent)-01",
            "000-\(trace)-\(parent)-01", "FE-\(trace)-\(parent)-01", "CC-\(trace)-\(parent)-01",
            // version 00 with anything behind
            "00-\(trace)-\(parent)-01-", "00-\(trace)-\(parent)-01-what-the-future", "00-\(trace)-\(parent)-01.",
            "00-\(trace)-\(parent)-01 ", "cc-\(trace)-\(parent)-01.what-the-future", "cc-\(trace)-\(parent)-011",
            // trace id: all zero, upper case, not hexadecimal, wrong length
            "00-00000000000000000000000000000000-\(parent)-01", "00-4BF92F3577B34DA6A3CE929D0E0E4736-\(parent)-01",
            "00-.bf92f3577b34da6a3ce929d0e0e4736-\(parent)-01", "00-4bf92f3577b34da6a3ce929d0e0e473-\(parent)-01",
            "00-4bf92f3577b34da6a3ce929d0e0e47367-\(parent)-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473\u{FF11}-\(parent)-01",
            // parent id: all zero, upper case, not hexadecimal, wrong length
            "00-\(trace)-0000000000000000-01", "00-\(trace)-00F067AA0BA902B7-01", "00-\(trace)-.0f067aa0ba902b7-01",
            "00-\(trace)-00f067aa0ba902b-01", "00-\(trace)-00f067aa0ba902b77-01",
            // flags: missing, too short, not hexadecimal, upper case
            "00-\(trace)-\(parent)", "00-\(trace)-\(parent)-", "00-\(trace)-\(parent)-1", "00-\(trace)-\(parent)-.0",
            "00-\(trace)-\(parent)-0x", "00-\(trace)-\(parent)-FF",
            // separators, white space, two headers joined
            "00_\(trace)_\(parent)_01", " 00-\(trace)-\(parent)-01", "00 -\(trace)-\(parent)-01",
            "00-\(trace)-\(parent)-01, 00-\(trace)-\(parent)-01", "00-\(trace)-\(parent)-01,",
        ])
    func invalid(header: String) {
        #expect(SpanContext(traceparent: header) == nil)
    }

    @Test("No header is no caller")
    func absent() {
        #expect(SpanContext(traceparent: nil) == nil)
    }

    @Test("What we write is what we read")
    func roundTrip() throws {
        for _ in 0..<200 {
            let context = Tracer(ratio: 0.5).begin(after: nil)
            #expect(SpanContext(traceparent: context.traceparent) == context)
        }
    }
}
