package import Logging

/// What everything that a request causes may know of it, wherever it runs: its id and its place in a trace.
package struct RequestScope: Sendable {
    /// The scope of the request that this task serves; nil outside of requests.
    @TaskLocal package static var current: RequestScope?

    /// The request's id, as the answer carries it.
    package let requestID: String
    /// The span of the request itself.
    package let span: SpanContext
    private let tracer: Tracer

    package init(requestID: String, span: SpanContext, tracer: Tracer) {
        self.requestID = requestID
        self.span = span
        self.tracer = tracer
    }

    /// Adds the request's ids to every line that is logged on its behalf.
    package static let metadataProvider = Logger.MetadataProvider {
        guard let scope = current else { return [:] }
        return [
            "request_id": "\(scope.requestID)", "trace_id": "\(scope.span.trace)", "span_id": "\(scope.span.span)",
        ]
    }

    /// Whether parts of this request are recorded as spans of their own.
    package var isRecorded: Bool { tracer.records(span) }

    /// The header `traceparent` for what follows from this request; nil where nobody records its trace, as most are not.
    package var handedOn: String? { span.isSampled ? span.traceparent : nil }

    /// Records a part of the request that another system did.
    package func record(
        _ name: String, since stopwatch: Stopwatch, attributes: [(name: String, value: Span.Value)], isFailed: Bool
    ) {
        tracer.record(
            Span(
                name, .client, context: span.child(), parent: span.span, start: stopwatch.start,
                duration: stopwatch.elapsed, attributes: attributes, isFailed: isFailed))
    }
}
