internal import Logging
internal import Observability
internal import Postgres
internal import Tenancy

extension Platform {
    /// Adds the metrics of the process and of its connections.
    static func registerMetrics(_ databases: Databases, in registry: MetricRegistry) {
        ProcessMetrics.register(in: registry)
        registry.add(
            "romashka_database_requests_waiting", .gauge, help: "Requests on shared connections, by database role."
        ) { writer in
            for load in databases.pipelineLoads { writer.sample(load.waiting, ["role": load.role]) }
        }
        registry.add(
            "romashka_database_connections", .gauge, help: "Open shared connections, by database role."
        ) { writer in
            for load in databases.pipelineLoads { writer.sample(load.open, ["role": load.role]) }
        }
        registry.add("romashka_database_leases", .gauge, help: "Connections that are lent, or kept to be lent.") {
            $0.sample(databases.leases.connectionCount)
        }
    }

    /// What records spans, and what exports them if they go anywhere.
    static func tracing(
        _ settings: TracingSettings?, _ registry: MetricRegistry, logger: Logger
    ) -> (Tracer, SpanExporter?) {
        guard let settings else { return (Tracer(ratio: nil), nil) }
        let (noRoom, failed) = (Counter(), Counter())
        registry.add("romashka_trace_spans_dropped_total", .counter, help: "Spans that were not exported.") { writer in
            writer.sample(noRoom.value, ["reason": "queue_full"])
            writer.sample(failed.value, ["reason": "export_failed"])
        }
        let tracer = Tracer(ratio: settings.ratio, dropped: noRoom)
        return (tracer, SpanExporter(tracer, to: settings, failed: failed, logger: logger))
    }
}
