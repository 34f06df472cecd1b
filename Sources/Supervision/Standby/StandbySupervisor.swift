internal import Foundation
package import Logging
internal import ServiceLifecycle

/// Keeps a child serving until shutdown with another one beside it that is ready to take over: when the first ends, when
/// it says that it leaves, and when a hand-over is asked for.
///
/// The children say on their standard output how far they are (``StandbyWord``), and hear on their standard input that
/// it is their turn (``Turn``).
package final class StandbySupervisor: Service {
    /// A child ended before any was of use.
    package struct NotStarted: Error {
        /// What it ended with; 1 when it did not end by itself.
        package let status: Int32
    }

    private typealias Child = StandbyStateMachine.Child

    /// What reaches the one task that decides.
    private enum Notice: Sendable {
        case event(StandbyStateMachine.Event)
        case word(StandbyWord, Child)
        case exit(Child, ProcessExit)
    }

    /// How long a start may take.
    private static let patience: Duration = .seconds(60)

    /// The children that run, and since when.
    private typealias Children = [Child: (process: SupervisedProcess, since: ContinuousClock.Instant)]

    private let name: String
    private let arguments: [String]
    private let inherited: [Int32]
    private let logger: Logger
    private let onLine: @Sendable (String) -> Void
    private let notices: AsyncStream<Notice>
    private let notice: AsyncStream<Notice>.Continuation

    /// - Parameters:
    ///   - name: what the children are called in the log.
    ///   - arguments: after the program's own name.
    ///   - inherited: what each child has open besides, under the numbers from `Spawn.firstInherited` on. The supervisor
    ///     closes them when it starts no more.
    ///   - onLine: is given each line of a child's standard output that is no ``StandbyWord``.
    package init(
        _ name: String, arguments: [String], inherited: [Int32], logger: Logger,
        onLine: @escaping @Sendable (String) -> Void
    ) {
        self.name = name
        self.arguments = arguments
        self.inherited = inherited
        self.logger = logger
        self.onLine = onLine
        (notices, notice) = AsyncStream<Notice>.makeStream()
    }

    /// Has a child that is started from now on take over as soon as it can. Nobody is refused meanwhile, and the child
    /// that has served ends what it began.
    package func handOver() { notice.yield(.event(.handOver)) }

    /// - Throws: `NotStarted` when no child has been of any use.
    package func run() async throws {
        try await withGracefulShutdownHandler {
            try await withThrowingDiscardingTaskGroup { tasks in
                defer { tasks.cancelAll() }
                try await supervise(&tasks)
            }
        } onGracefulShutdown: {
            self.notice.yield(.event(.stop))
        }
    }

    private func supervise(_ tasks: inout ThrowingDiscardingTaskGroup<any Error>) async throws {
        var machine = StandbyStateMachine()
        var children: Children = [:]
        try perform(machine.begin(), &children, &tasks)
        for await notice in notices {
            let event = event(notice, &children)
            if case .ended(let child, let exit, _) = event, !machine.isLeaving(child) {
                logger.warning(
                    "a process ended and another one takes its place",
                    metadata: ["process": "\(name)", "exit": "\(exit)"])
            }
            try perform(machine.handle(event), &children, &tasks)
            // Nobody is to wait for a child that does not come.
            if event == .stop { for descriptor in inherited { close(descriptor) } }
            if machine.isDone { return }
        }
    }

    private func event(_ notice: Notice, _ children: inout Children) -> StandbyStateMachine.Event {
        switch notice {
        case .event(let event): return event
        case .word(.prepared, let child): return .prepared(child)
        case .word(.serving, let child): return .served(child)
        case .word(.leaving, let child):
            return .left(child, uptime: (children[child]?.since ?? .now).duration(to: .now))
        case .exit(let child, let exit):
            let since = children.removeValue(forKey: child)?.since ?? .now
            return .ended(child, exit, uptime: since.duration(to: .now))
        }
    }

    private func perform(
        _ actions: [StandbyStateMachine.Action], _ children: inout Children,
        _ tasks: inout ThrowingDiscardingTaskGroup<any Error>
    ) throws(NotStarted) {
        for action in actions {
            switch action {
            case .wait(let child, let delay): tell(.due(child), after: delay, &tasks)
            case .start(let child): start(child, &children, &tasks)
            case .promote(let child): children[child]?.process.callTurn()
            case .end(let child): children[child]?.process.signal(SIGTERM)
            case .kill(let child): children[child]?.process.signal(SIGKILL)
            case .giveUp(.status(let status)): throw NotStarted(status: status)
            case .giveUp(.signal): throw NotStarted(status: 1)
            }
        }
    }

    private func start(
        _ child: Child, _ children: inout Children, _ tasks: inout ThrowingDiscardingTaskGroup<any Error>
    ) {
        do throws(POSIXError) {
            let process = try SupervisedProcess(arguments, inherited: inherited) { [notice, onLine] line in
                if let word = StandbyWord(rawValue: line) { notice.yield(.word(word, child)) } else { onLine(line) }
            }
            children[child] = (process, .now)
            tasks.addTask { [notice] in
                if let exit = await process.exitUnlessCancelled() { notice.yield(.exit(child, exit)) }
            }
            tell(.late(child), after: StandbySupervisor.patience, &tasks)
        } catch {
            logger.error("a process cannot be started", metadata: ["process": "\(name)", "error": "\(error)"])
            notice.yield(.exit(child, .status(EX_OSERR)))
        }
    }

    private func tell(
        _ event: StandbyStateMachine.Event, after delay: Duration, _ tasks: inout ThrowingDiscardingTaskGroup<any Error>
    ) {
        tasks.addTask { [notice] in
            // Cancelled, it has nothing to tell, and is no failure.
            guard (try? await Task.sleep(for: delay)) != nil else { return }
            notice.yield(.event(event))
        }
    }
}
