internal import Jobs
internal import Logging
internal import Maintenance
internal import Observability
internal import PluginHost
internal import Postgres
internal import ServiceLifecycle
internal import Tenancy

extension Platform {
    /// What watches the process, its requests and the installation.
    struct Watch: Sendable {
        let accessLog: AccessLog?
        /// Decides what is recorded of traces.
        let tracer: Tracer
        /// Those of `services` that watch the others: the access log and the export of spans.
        let observers: [any Service]
        let systemCensus: SystemCensus
        let jobCensus: JobCensus

        init(_ ground: Ground, _ health: SystemHealthReader) {
            let (metrics, logger) = (ground.metrics, ground.logger)
            Platform.registerMetrics(ground.databases, in: metrics)
            Platform.registerMetrics(ground.registry, in: metrics)
            accessLog = ground.settings.accessLog.map { output in
                AccessLog(
                    output: output,
                    dropped: metrics.counter(
                        "romashka_access_log_dropped_total", help: "Lines of the access log that found no room."))
            }
            systemCensus = SystemCensus(
                health, sharing: SharedCensus(.system, pipeline: ground.worker), in: metrics, logger: logger)
            jobCensus = JobCensus(
                pipeline: ground.worker, leases: ground.databases.leases, in: metrics, logger: logger)
            let (tracer, exporter) = Platform.tracing(ground.settings.tracing, metrics, logger: logger)
            self.tracer = tracer
            let watching: [(any Service)?] = [accessLog, exporter]
            observers = watching.compactMap { $0 }
        }
    }

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

    /// Adds the metrics of the plugins.
    static func registerMetrics(_ plugins: PluginRegistry, in registry: MetricRegistry) {
        func add(
            _ name: String, _ kind: MetricWriter.Kind, _ help: String,
            _ value: @escaping @Sendable (PluginStatus) -> Int
        ) {
            registry.add("romashka_plugin_\(name)", kind, help: help) { writer in
                for plugin in plugins.plugins { writer.sample(value(plugin.wall.status), ["module": plugin.wall.name]) }
            }
        }
        add("in_flight", .gauge, "Pieces of a plugin's work that have begun and not ended.") { $0.inFlight }
        add("overdue", .gauge, "Pieces of work that are past their deadline and go on.") { $0.overdue }
        add("waiting", .gauge, "Pieces of work that wait for one of the plugin's threads.") { $0.waiting }
        add("threads_written_off", .gauge, "Threads that one piece of work does not let go of.") {
            $0.threadsWrittenOff
        }
        add("failing_tenants", .gauge, "Tenants for whom the plugin failed too often just now.") { $0.failingTenants }
        add("timeouts_total", .counter, "Requests that were answered for the plugin because it took too long.") {
            Int($0.timeouts)
        }
        add("faults_total", .counter, "Errors that were no answers.") { Int($0.faults) }
        add("refusals_total", .counter, "Requests that the plugin had no room for.") { Int($0.refusals) }
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
