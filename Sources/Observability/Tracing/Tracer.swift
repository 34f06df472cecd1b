internal import Synchronization

/// Decides which traces are recorded, and keeps their spans until they are exported.
package final class Tracer: Sendable {
    /// How many spans wait at most; what comes on top is dropped and counted.
    package static let capacity = 4096

    /// The share of new traces that is recorded, from 0 to 1; nil when nothing is exported at all.
    private let ratio: Double?
    private let waiting = Mutex<[Span]>([])
    /// Spans that found no room.
    let dropped: Counter

    /// - Parameters:
    ///   - ratio: the share of new traces that is recorded, from 0 to 1; nil records nothing.
    ///   - dropped: counts the spans that found no room.
    package init(ratio: Double?, dropped: Counter = Counter()) {
        self.ratio = ratio
        self.dropped = dropped
    }

    /// A new span of the caller's trace, or of a new one. The caller's decision to record holds here too.
    package func begin(after parent: SpanContext?) -> SpanContext {
        if let parent { return parent.child() }
        return SpanContext.first(isSampled: isChosen)
    }

    /// Whether the spans of this trace are kept.
    package func records(_ context: SpanContext) -> Bool { ratio != nil && context.isSampled }

    /// Keeps a span that has ended.
    package func record(_ span: Span) {
        guard records(span.context) else { return }
        let hasRoom = waiting.withLock { waiting in
            guard waiting.count < Tracer.capacity else { return false }
            waiting.append(span)
            return true
        }
        if !hasRoom { dropped.add() }
    }

    /// Takes the oldest spans, at most `count`.
    func take(_ count: Int) -> [Span] {
        waiting.withLock { waiting in
            let batch = Array(waiting.prefix(count))
            waiting.removeFirst(batch.count)
            return batch
        }
    }

    /// The same trace is chosen by all processes with the same ratio: its id decides, as OpenTelemetry's
    /// TraceIdRatioBased sampler does it.
    private func isChosen(_ trace: SpanContext.TraceID) -> Bool {
        guard let ratio else { return false }
        return ratio >= 1 || Double(trace.low >> 1) < ratio * 0x1p63
    }
}
