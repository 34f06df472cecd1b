internal import Foundation
package import Logging
internal import Observability
internal import ServiceLifecycle

/// Looks at all walls every few milliseconds, asks for a fresh process when a plugin's code will not end, and does not
/// let such code keep a process that is to end.
package struct PluginWatch: Service {
    /// When a process is beyond help.
    package struct Limits: Sendable {
        /// Code that is past its deadline for so long never ends, and holds what it holds.
        package var overdue: Duration = .seconds(60)
        /// The memory a process may take, in bytes; nil for any.
        package var memory: Int?
        /// How long code may take to end after a shutdown began; then the process ends without it. Nil waits.
        package var farewell: Duration?

        package init() {}
    }

    /// How often it looks: also how precise deadlines are.
    private static let interval: Duration = .milliseconds(20)

    private let walls: [PluginWall]
    private let limits: Limits
    private let logger: Logger
    private let recycler: Recycler

    package init(_ walls: [PluginWall], limits: Limits, recycler: Recycler, logger: Logger) {
        self.walls = walls
        self.limits = limits
        self.recycler = recycler
        self.logger = logger
    }

    /// Looks until shutdown, and until what was begun has ended; on a thread of its own, so that nothing holds it up.
    package func run() async throws {
        let executor = PluginExecutor(name: "watch", threads: 1)
        await withTaskExecutorPreference(executor) { await watch() }
        executor.close()
    }

    private func watch() async {
        try? await cancelWhenGracefulShutdown {
            while true {
                try await Task.sleep(for: PluginWatch.interval)
                if let reason = look() { recycler.ask(reason) }
            }
        }
        guard let farewell = limits.farewell else { return }
        let deadline = ContinuousClock.now + farewell
        while walls.contains(where: { $0.status.inFlight > 0 }) {
            guard ContinuousClock.now < deadline else {
                logger.error("the process ends although plugins' code goes on")
                _exit(RecycleNeeded.exitCode)
            }
            try? await Task.sleep(for: PluginWatch.interval)
            _ = look()
        }
    }

    /// Answers what is overdue. Returns why the process should be replaced, if it should.
    private func look() -> String? {
        var reason: String?
        for wall in walls {
            let (answered, overrun) = wall.watch()
            if answered > 0 {
                logger.warning(
                    "plugin took too long", metadata: ["plugin": "\(wall.name)", "requests": "\(answered)"])
            }
            if overrun > limits.overdue {
                reason = "the plugin \(wall.name) does not end what it began"
            }
        }
        if let memory = limits.memory, let resident = ProcessMetrics.residentBytes(), resident > memory {
            reason = "the process takes more than \(memory >> 20) MB of memory"
        }
        return reason
    }
}
