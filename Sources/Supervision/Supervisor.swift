package import Logging
internal import ServiceLifecycle
internal import Synchronization

/// Keeps one child running until shutdown, and starts it again when it ends.
package final class Supervisor: Service {
    /// What a child is called in the log.
    package let name: String
    private let arguments: @Sendable () -> [String]
    private let onLine: (@Sendable (String) -> Void)?
    private let logger: Logger
    private let state = Mutex((child: SupervisedProcess?.none, isStopping: false))
    /// How long a child may take to end in order.
    private let farewell: Duration

    /// - Parameters:
    ///   - arguments: asked for each start.
    ///   - onLine: is given each line of the child's standard output; nil lets it share ours.
    package init(
        _ name: String, farewell: Duration = .seconds(25), logger: Logger,
        onLine: (@Sendable (String) -> Void)? = nil, arguments: @escaping @Sendable () -> [String]
    ) {
        self.name = name
        self.farewell = farewell
        self.logger = logger
        self.onLine = onLine
        self.arguments = arguments
    }

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
                state.child?.signal(15)
            }
        }
    }

    /// The next child; nil when there shall be none.
    private func start() throws -> SupervisedProcess? {
        try state.withLock { state in
            guard !state.isStopping else { return nil }
            let child = try SupervisedProcess(arguments(), onLine: onLine)
            state.child = child
            return child
        }
    }
}
