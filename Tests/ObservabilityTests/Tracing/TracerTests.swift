import Observability
import Testing

@Suite("Tracer")
struct TracerTests {
    @Test(
        "The ratio decides over new traces",
        arguments: [(0.0, 0...0), (0.25, 1500...2500), (1.0, 8000...8000)] as [(Double, ClosedRange<Int>)])
    func ratio(ratio: Double, expected: ClosedRange<Int>) {
        let tracer = Tracer(ratio: ratio)
        // With 8000 traces a quarter is 2000, and 500 more or less is thirteen standard deviations away.
        let chosen = (0..<8000).count { _ in tracer.begin(after: nil).isSampled }
        #expect(expected.contains(chosen))
    }

    @Test("The caller's decision goes before the ratio", arguments: [true, false])
    func parent(isSampled: Bool) throws {
        let caller = try #require(
            SpanContext(traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-\(isSampled ? "01" : "00")"))
        #expect(Tracer(ratio: isSampled ? 0 : 1).begin(after: caller).isSampled == isSampled)
    }

    @Test("Without an export nothing is recorded, not even for a caller who asks")
    func off() throws {
        let tracer = Tracer(ratio: nil)
        let caller = try #require(SpanContext(traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"))
        #expect(!tracer.begin(after: nil).isSampled)
        #expect(!tracer.records(tracer.begin(after: caller)))
    }

    @Test("The queue is bounded, and what finds no room is counted")
    func bounds() {
        let dropped = Counter()
        let tracer = Tracer(ratio: 1, dropped: dropped)
        let context = tracer.begin(after: nil)
        for _ in 0..<Tracer.capacity + 7 {
            tracer.record(
                Span(
                    "x", .server, context: context, parent: nil, start: 0, duration: 0, attributes: [], isFailed: false)
            )
        }
        #expect(dropped.value == 7)
    }
}
