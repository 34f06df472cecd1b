package import Logging
internal import Observability
internal import PluginKit
package import Postgres
internal import ServiceLifecycle
internal import Tenancy

/// Counts every few seconds which tenants have as many jobs waiting in a module as they may: further ones are refused
/// there until there are fewer. One process at a time does it for all.
package struct BacklogKeeper: Service {
    private static let interval: Duration = .seconds(5)

    private let leases: LeasePool
    private let census: SharedCensus
    private let logger: Logger

    /// - Parameters:
    ///   - pipeline: of the kernel's role `worker`.
    ///   - leases: for the counting, which takes long where many jobs wait.
    package init(pipeline: PipelineConnection, leases: LeasePool, logger: Logger) {
        self.leases = leases
        self.logger = logger
        census = SharedCensus(.backlogs, pipeline: pipeline)
    }

    package func run() async throws {
        await untilShutdown(
            every: BacklogKeeper.interval, failing: "waiting jobs could not be counted", level: .warning,
            logger: logger
        ) {
            // A little less, so that whoever comes first does not find its own count too young.
            _ = try await census.answer(noOlderThan: BacklogKeeper.interval - .seconds(1)) {
                let full = try await count()
                if full > 0 {
                    logger.warning("tenants have as many jobs waiting as they may", metadata: ["lanes": "\(full)"])
                }
                return ["full": .integer(full)]
            }
        }
    }

    /// Counts now.
    ///
    /// - Returns: how many lanes are full.
    @discardableResult
    package func count() async throws -> Int64 {
        let result = try await leases.withLease(as: KernelRole.worker.loginRole) { lease in
            try await lease.run("SELECT core.count_backlogs() AS lanes")
        }
        return try result.first?.get("lanes") ?? 0
    }
}
