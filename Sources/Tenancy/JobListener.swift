internal import Logging
internal import PluginKit
internal import Postgres
internal import Synchronization

/// Hears of new jobs that other processes have enqueued; see `JobBell`.
package final class JobListener: Sendable {
    /// The time between two looks at whether the connection lives.
    private static let heartbeat: Duration = .seconds(5)

    private let settings: ConnectionSettings
    private let reactor: Reactor
    private let logger: Logger
    private let listens = Atomic(false)

    init(_ settings: ConnectionSettings, reactor: Reactor, logger: Logger) {
        self.settings = settings
        self.reactor = reactor
        self.logger = logger
    }

    /// Whether messages arrive at the moment.
    package var isListening: Bool { listens.load(ordering: .relaxed) }

    /// Calls `heard` for each message, until the task is cancelled; connects again when the connection is lost.
    package func run(_ heard: @escaping @Sendable () -> Void) async {
        while !Task.isCancelled {
            do {
                try await AdminConnection.use(settings, reactor: reactor, heard: { _ in heard() }, logger: logger) {
                    try await listen($0, heard)
                }
            } catch {
                listens.store(false, ordering: .relaxed)
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    private func listen(_ lease: Lease, _ heard: @Sendable () -> Void) async throws {
        try await lease.run("LISTEN romashka_jobs")
        listens.store(true, ordering: .relaxed)
        // What was rung before.
        heard()
        while true {
            try await Task.sleep(for: JobListener.heartbeat)
            try await lease.run("SELECT 1")
        }
    }
}
