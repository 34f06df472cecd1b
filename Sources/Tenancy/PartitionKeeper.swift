package import Logging
internal import PluginKit
package import Postgres
internal import ServiceLifecycle

/// Makes the partitions of the coming months, once an hour, so that no message finds none.
package struct PartitionKeeper: Service {
    /// How many months are there ahead of time.
    private static let monthsAhead = 3

    private let leases: LeasePool
    private let logger: Logger

    package init(leases: LeasePool, logger: Logger) {
        self.leases = leases
        self.logger = logger
    }

    package func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                do {
                    try await leases.withLease(as: KernelRole.worker.loginRole) { lease in
                        _ = try await lease.run("SELECT core.ensure_partitions(\(PartitionKeeper.monthsAhead)::int4)")
                    }
                } catch {
                    logger.error("partitions could not be made", metadata: ["error": "\(error)"])
                }
                try await Task.sleep(for: .seconds(3600))
            }
        }
    }
}
