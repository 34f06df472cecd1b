internal import Glibc
package import Logging
internal import ServiceLifecycle
internal import Synchronization

/// Keeps one child running until shutdown, and starts it again when it ends.
package final class Supervisor: Service {
    private struct State {
        var child: SupervisedProcess?
        /// Whether the child that runs was asked to end, so that a fresh one takes its place.
        var isRenewing = false
        var isStopping = false
    }

    private let name: String
    private let arguments: [String]
    private let program: String?
    private let logger: Logger
    private let state = Mutex(State())

    /// - Parameters:
    ///   - name: what the child is called in the log.
    ///   - arguments: after the program's own name.
    ///   - program: its path; nil means this very program.
    package init(_ name: String, arguments: [String], program: String? = nil, logger: Logger) {
        self.name = name
        self.arguments = arguments
        self.program = program
        self.logger = logger
    }

    /// Has the child end in order, so that it is started anew.
    package func renew() {
        state.withLock { state in
            guard let child = state.child else { return }
            state.isRenewing = true
            child.signal(SIGTERM)
        }
    }

    /// - Throws: `POSIXError` when the first child cannot be started.
    package func run() async throws {
        try await withGracefulShutdownHandler {
            var policy = RestartPolicy()
            var next = try start()
            while true {
                let delay: Duration
                if let child = next {
                    let begin = ContinuousClock.now
                    let exit = await child.exit()
                    delay = ended(exit) ? .zero : policy.delay(after: begin.duration(to: .now))
                } else {
                    delay = policy.delay(after: .zero)
                }
                if state.withLock({ $0.isStopping }) || Task.isCancelled { return }
                try? await cancelWhenGracefulShutdown { try await Task.sleep(for: delay) }
                next = startAgain()
            }
        } onGracefulShutdown: {
            self.state.withLock { state in
                state.isStopping = true
                state.child?.signal(SIGTERM)
            }
        }
    }

    /// Notes that the child has ended; answers whether it was asked to, so that the next one need not wait.
    private func ended(_ exit: ProcessExit) -> Bool {
        let (isRenewing, isStopping) = state.withLock { state in
            defer {
                state.child = nil
                state.isRenewing = false
            }
            return (state.isRenewing, state.isStopping)
        }
        if !isRenewing, !isStopping {
            logger.warning("a process ended and is started again", metadata: ["process": "\(name)", "exit": "\(exit)"])
        }
        return isRenewing
    }

    /// The next child; nil when there shall be none, or none can be started just now: a system that has no room for it
    /// may have some later.
    private func startAgain() -> SupervisedProcess? {
        do {
            return try start()
        } catch {
            logger.error("a process cannot be started", metadata: ["process": "\(name)", "error": "\(error)"])
            return nil
        }
    }

    /// The next child; nil when there shall be none.
    private func start() throws -> SupervisedProcess? {
        try state.withLock { state in
            guard !state.isStopping else { return nil }
            let child = try SupervisedProcess(arguments, program: program)
            state.child = child
            return child
        }
    }
}
