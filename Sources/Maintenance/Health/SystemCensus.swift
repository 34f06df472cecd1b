package import Logging
package import Observability
internal import PluginKit
internal import ServiceLifecycle
internal import Synchronization
package import Tenancy

/// How the installation is, asked now and then for the metrics: connections, slow and blocked statements, what waits. One
/// process asks for all.
package final class SystemCensus: Service {
    private static let interval: Duration = .seconds(15)

    private let reader: SystemHealthReader
    private let shared: SharedCensus
    private let logger: Logger
    private let health = Mutex<SystemHealth?>(nil)

    package init(
        _ reader: SystemHealthReader, sharing shared: SharedCensus, in registry: MetricRegistry, logger: Logger
    ) {
        self.reader = reader
        self.shared = shared
        self.logger = logger
        add("server_connections", "Connections to the database server, of everybody.", to: registry) {
            $0.number("connections", "open")
        }
        add("server_connections_maximum", "Connections that the database server allows.", to: registry) {
            $0.number("connections", "maximum")
        }
        add("idle_in_transaction", "Connections that hold a transaction and do nothing.", to: registry) {
            $0.number("connections", "idle_in_transaction")
        }
        add("slow_statements", "Statements that run for more than a second.", to: registry) {
            Double($0.measures["slow_statements"]?.array?.count ?? 0)
        }
        add("blocked_statements", "Statements that wait for another's lock.", to: registry) {
            Double($0.measures["blocked_statements"]?.array?.count ?? 0)
        }
        add("oldest_transaction_seconds", "How long the oldest transaction is open.", to: registry) {
            $0.number("oldest_transaction_seconds")
        }
        add("size_bytes", "What the database takes on disk.", to: registry) { $0.number("database_bytes") }
        add("events_unnumbered", "Events that streams cannot see yet.", to: registry) { $0.number("events_unnumbered") }
    }

    private func add(
        _ name: String, _ help: String, to registry: MetricRegistry,
        _ value: @escaping @Sendable (SystemHealth) -> Double
    ) {
        registry.add("romashka_database_\(name)", .gauge, help: "\(help) Asked every 15 seconds.") { [self] writer in
            if let health = health.withLock({ $0 }) { writer.sample(seconds: value(health)) }
        }
    }

    package func run() async throws {
        await untilShutdown(
            every: SystemCensus.interval, failing: "the database could not be asked how it is", logger: logger
        ) {
            // A little less, so that whoever comes first does not find its own answer too young.
            let measures = try await self.shared.answer(noOlderThan: SystemCensus.interval - .seconds(1)) {
                try await self.reader.read().measures
            }
            self.health.withLock { $0 = measures == .null ? nil : SystemHealth(measures: measures) }
        }
    }
}
