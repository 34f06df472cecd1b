package import Logging
internal import ServiceLifecycle
internal import Synchronization

/// Keeps one child running until shutdown, and starts it again when it ends.
package final class Supervisor: Service {
    /// A child ended before it was of any use.
    package struct NotStarted: Error {
        /// What it ended with; 1 when it did not end by itself.
        package let status: Int32
    }

    /// What a child is called in the log.
    package let name: String
    private let arguments: @Sendable () -> [String]
    private let onLine: (@Sendable (String) -> Void)?
    private let logger: Logger
    private let isWorthRestarting: @Sendable () -> Bool
    private let state = Mutex((child: SupervisedProcess?.none, isStopping: false))

    /// - Parameters:
    ///   - isWorthRestarting: whether a child that ended should be started again; else `run` fails.
    ///   - arguments: asked for each start.
    ///   - onLine: is given each line of the child's standard output; nil lets it share ours.
    package init(
        _ name: String, logger: Logger, isWorthRestarting: @escaping @Sendable () -> Bool = { true },
        onLine: (@Sendable (String) -> Void)? = nil, arguments: @escaping @Sendable () -> [String]
    ) {
        self.name = name
        self.isWorthRestarting = isWorthRestarting
        self.logger = logger
        self.onLine = onLine
        self.arguments = arguments
    }

    /// - Throws: `NotStarted`; `CocoaError` or `POSIXError` when a child cannot be started.
    package func run() async throws {
        try await withGracefulShutdownHandler {
            var policy = RestartPolicy()
            while let child = try start() {
                let begin = ContinuousClock.now
                let exit = await child.exit()
                if state.withLock({ $0.isStopping }) { return }
                guard isWorthRestarting() else {
                    if case .status(let status) = exit { throw NotStarted(status: status) }
                    throw NotStarted(status: 1)
                }
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
