internal import Glibc
package import Logging
internal import ServiceLifecycle
internal import Synchronization

/// Keeps one child running until shutdown, and starts it again when it ends.
package final class Supervisor: Service {
    private let name: String
    private let arguments: [String]
    private let logger: Logger
    private let state = Mutex((child: SupervisedProcess?.none, isStopping: false))

    /// - Parameters:
    ///   - name: what the child is called in the log.
    ///   - arguments: after the program's own name.
    package init(_ name: String, arguments: [String], logger: Logger) {
        self.name = name
        self.arguments = arguments
        self.logger = logger
    }

    /// Has the child end in order, so that it is started anew.
    package func renew() { state.withLock { $0.child }?.signal(SIGTERM) }

    /// - Throws: `POSIXError` when a child cannot be started.
    package func run() async throws {
        try await withGracefulShutdownHandler {
            var policy = RestartPolicy()
            while let child = try start() {
                let begin = ContinuousClock.now
                let exit = await child.exit()
                if state.withLock({ $0.isStopping }) { return }
                logger.warning(
                    "a process ended and is started again", metadata: ["process": "\(name)", "exit": "\(exit)"])
                let delay = policy.delay(after: begin.duration(to: .now))
                try? await cancelWhenGracefulShutdown { try await Task.sleep(for: delay) }
            }
        } onGracefulShutdown: {
            self.state.withLock { state in
                state.isStopping = true
                state.child?.signal(SIGTERM)
            }
        }
    }

    /// The next child; nil when there shall be none.
    private func start() throws -> SupervisedProcess? {
        try state.withLock { state in
            guard !state.isStopping else { return nil }
            let child = try SupervisedProcess(arguments)
            state.child = child
            return child
        }
    }
}
