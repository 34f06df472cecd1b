internal import Observability
internal import PluginKit
internal import Tenancy

extension JobWorker {
    /// The job as a part of what enqueued it; nil when that is in no trace.
    func scope(of job: ClaimedJob) -> (parent: SpanContext?, scope: RequestScope?) {
        guard let parent = SpanContext(traceparent: job.trace) else { return (nil, nil) }
        let span = module.tracer.begin(after: parent)
        return (parent, RequestScope(requestID: job.id.description, span: span, tracer: module.tracer))
    }

    /// An attempt as a span, by OpenTelemetry's conventions for consumers of messages. Nothing of what the job was given.
    func span(
        of job: ClaimedJob, _ outcome: JobOutcome, in scope: RequestScope, after parent: SpanContext?,
        _ stopwatch: Stopwatch
    ) -> Span {
        var attributes: [(name: String, value: Span.Value)] = [
            ("messaging.operation.type", .text("process")), ("romashka.module", .text(module.name.description)),
            ("romashka.job_id", .text(job.id.description)), ("romashka.job_attempt", .number(job.attempt)),
            ("romashka.tenant_id", .text(job.tenant.description)),
        ]
        if let error = outcome.errorType { attributes.append(("error.type", .text(error))) }
        return Span(
            job.kind, .consumer, context: scope.span, parent: parent?.span, start: stopwatch.start,
            duration: stopwatch.elapsed, attributes: attributes, isFailed: outcome.errorType != nil)
    }
}

extension JobOutcome {
    /// The stable word for what went wrong; nil when nothing did.
    fileprivate var errorType: String? {
        switch self {
        case .succeeded: nil
        case .leaseLost: "lease_lost"
        case .failed(let failure, _), .heldUp(let failure), .refused(let failure): failure.code
        }
    }
}
