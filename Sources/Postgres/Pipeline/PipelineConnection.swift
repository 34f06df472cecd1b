package import Logging
package import PluginKit
internal import Synchronization

/// One connection in libpq's pipeline mode, shared by many requests or held by one.
///
/// A thin shell: `PipelineStateMachine` decides, this object moves bytes. It connects when first used, and a shared
/// one reconnects when used again.
package final class PipelineConnection: @unchecked Sendable {
    // Safe to share: callers touch `mailbox` only, which is locked; everything else belongs to the reactor's thread.

    typealias Machine = PipelineStateMachine<PQResult>

    /// A request as it waits for its answer.
    struct Request {
        let statements: [(text: String, binds: [Bind])]
        let continuation: CheckedContinuation<Answer, any Error>
    }

    /// What a request gets: the results in order, and where the connection stands after it.
    struct Answer: Sendable {
        let results: [PQResult]
        let status: TransactionStatus
    }

    /// What callers ask of the reactor's thread.
    enum Letter {
        case submit(Machine.RequestID, Request, isReplayable: Bool, deadline: UInt64)
        case abandon(Machine.RequestID)
        case simpleQuery(SimpleQuery)
        case close
    }

    /// What is asked and not yet taken up.
    struct Mailbox {
        var letters: [Letter] = []
        var lastID: UInt64 = 0
        var isWoken = false
        var isOpen = false
    }

    let mailbox = Mutex(Mailbox())
    private let outstanding = Atomic(0)
    let reactor: Reactor
    let settings: ConnectionSettings
    let sharing: Machine.Sharing
    private let idleLimit: UInt64
    /// Is given the payloads of notifications, on the reactor's thread.
    let heard: (@Sendable (String) -> Void)?
    let logger: Logger

    // From here on the reactor's thread only, in this file and in those beside it.
    var machine: Machine
    var connection: PQConnection?
    /// The connection's socket, which libpq forgets when the server closes it.
    var socket: Int32 = -1
    var requests: [Machine.RequestID: Request] = [:]
    var cache = StatementCache()
    var simpleQuery: SimpleQuery?
    var waitsForWriting = false
    /// Whether nothing is read until a reader has taken what there is.
    var isPaused = false
    private var lastUse = Reactor.now()

    /// - Parameters:
    ///   - idleLimit: how long an unused shared connection stays open.
    ///   - patience: how long the server of a shared one may say nothing at all while an answer is overdue: longer than
    ///     the statements of a request take, so that only a connection that is dead is given up.
    package init(
        _ settings: ConnectionSettings, sharing isShared: Bool, reactor: Reactor, idleLimit: Duration = .seconds(60),
        patience: Duration = .seconds(5), heard: (@Sendable (String) -> Void)? = nil, logger: Logger
    ) {
        self.heard = heard
        self.settings = settings
        self.sharing = isShared ? .shared : .exclusive
        self.reactor = reactor
        self.idleLimit = idleLimit.nanoseconds
        self.logger = logger
        machine = Machine(sharing: isShared ? .shared : .exclusive, patience: patience.nanoseconds)
    }

    /// How many requests wait for an answer.
    package var load: Int { outstanding.load(ordering: .relaxed) }

    /// Runs statements as one implicit transaction.
    ///
    /// - Parameters:
    ///   - isReplayable: the statements only read, so a lost connection may be answered by running them again.
    ///   - timeout: how long to wait for the answer.
    /// - Throws: `DatabaseError`.
    package func run(
        _ statements: [SQL], isReplayable: Bool = false, timeout: Duration = .seconds(5)
    ) async throws -> [ResultSet] {
        var plans: [(text: String, binds: [Bind])] = []
        plans.reserveCapacity(statements.count)
        for statement in statements {
            let text = statement.text
            guard statement.binds.count <= PQConnection.maximumBinds else {
                // libpq would refuse it half-way, which costs the connection and everybody on it.
                throw DatabaseError(.statementRefused, message: "a statement has 65535 values at most")
            }
            if case .shared = sharing { try StatementPolicy.requireShareable(statement, text: text) }
            plans.append((text, statement.binds))
        }
        let answer = try await submit(plans, isReplayable: isReplayable, timeout: timeout)
        return try answer.results.map { result in result.resultSet(columns: try result.columns()) }
    }

    /// Commits the holder's transaction.
    ///
    /// - Throws: `DatabaseError` with code `transaction_rolled_back` when an error before, though it was caught, has
    ///   made the server roll back instead.
    func commit() async throws {
        let answer = try await submit([("COMMIT", [])], isReplayable: false, timeout: .seconds(30))
        guard answer.results.first?.commandTag.command == "COMMIT" else { throw DatabaseError(.rolledBack) }
    }

    /// Runs statements without the check of what they are: for tests that smuggle, and for exclusive holders.
    func submit(
        _ statements: [(text: String, binds: [Bind])], isReplayable: Bool, timeout: Duration
    ) async throws -> Answer {
        let deadline = Reactor.now() + timeout.nanoseconds
        let id = mailbox.withLock { mailbox in
            mailbox.lastID += 1
            return mailbox.lastID
        }
        outstanding.add(1, ordering: .relaxed)
        defer { outstanding.subtract(1, ordering: .relaxed) }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let request = Request(statements: statements, continuation: continuation)
                post(.submit(id, request, isReplayable: isReplayable, deadline: deadline))
                // A cancellation before this line came too early to find the request.
                if Task.isCancelled { post(.abandon(id)) }
            }
        } onCancel: {
            post(.abandon(id))
        }
    }

    /// Starts what runs outside of pipeline mode; see `SimpleQuery`.
    func start(_ query: SimpleQuery) { post(.simpleQuery(query)) }

    /// Whether there is a connection, as far as the reactor has noticed.
    package var isOpen: Bool { mailbox.withLock { $0.isOpen } }

    /// Closes the connection; whatever is in flight is answered as lost.
    package func close() { post(.close) }

    private func post(_ letter: Letter) {
        let mustWake = mailbox.withLock { mailbox in
            mailbox.letters.append(letter)
            defer { mailbox.isWoken = true }
            return !mailbox.isWoken
        }
        if mustWake { reactor.wake(self) }
    }

    // MARK: On the reactor's thread

    /// Work was handed in, the socket is ready, or both.
    func serve(readable: Bool, writable: Bool) {
        let letters = mailbox.withLock { mailbox in
            defer {
                mailbox.letters = []
                mailbox.isWoken = false
            }
            return mailbox.letters
        }
        for letter in letters { open(letter) }
        if readable || writable { read() }
        flush()
    }

    /// About ten times a second.
    func tick(now: UInt64) {
        perform(machine.expire(now: now))
        if case .shared = sharing, now - lastUse > idleLimit { perform(machine.closeIfIdle()) }
    }

    private func open(_ letter: Letter) {
        switch letter {
        case .submit(let id, let request, let isReplayable, let deadline):
            lastUse = Reactor.now()
            requests[id] = request
            perform(machine.submit(id, isReplayable: isReplayable, deadline: deadline))
        case .abandon(let id): perform(machine.abandon(id))
        case .simpleQuery(let query): begin(query)
        case .close:
            let error = DatabaseError(.connectionLost, message: "closed")
            simpleQuery?.fail(error)
            simpleQuery = nil
            reactor.stopTicking(self)
            perform(machine.closed(error))
        }
    }
}

extension Duration {
    /// Whole nanoseconds, as the reactor's clock counts them.
    fileprivate var nanoseconds: UInt64 {
        UInt64(components.seconds) * 1_000_000_000 + UInt64(components.attoseconds / 1_000_000_000)
    }
}
