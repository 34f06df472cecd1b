package import Logging
package import PluginKit
internal import Synchronization

/// One connection in libpq's pipeline mode, shared by many requests or held by one.
///
/// A thin shell: `PipelineStateMachine` decides, this object moves bytes. It connects when first used, and a shared
/// one reconnects when used again.
package final class PipelineConnection: ReactorClient, @unchecked Sendable {
    // Safe to share: callers touch `mailbox` only, which is locked; everything else belongs to the reactor's thread.

    typealias Machine = PipelineStateMachine<PQResult>

    /// A request as it waits for its answer.
    private struct Request {
        let statements: [(text: String, binds: [Bind])]
        let continuation: CheckedContinuation<Answer, any Error>
    }

    /// What a request gets: the results in order, and where the connection stands after it.
    struct Answer: Sendable {
        let results: [PQResult]
        let status: TransactionStatus
    }

    private enum Letter {
        case submit(Machine.RequestID, Request, isReplayable: Bool, deadline: UInt64)
        case abandon(Machine.RequestID)
        case converse(Conversation)
        case close
    }

    private struct Mailbox {
        var letters: [Letter] = []
        var lastID: UInt64 = 0
        var isWoken = false
        var isOpen = false
    }

    private let mailbox = Mutex(Mailbox())
    private let outstanding = Atomic(0)
    private let reactor: Reactor
    private let settings: ConnectionSettings
    private let sharing: Machine.Sharing
    private let idleLimit: UInt64
    private let logger: Logger

    private var machine: Machine
    private var connection: PQConnection?
    /// The connection's socket, which libpq forgets when the server closes it.
    private var socket: Int32 = -1
    private var requests: [Machine.RequestID: Request] = [:]
    private var cache = StatementCache()
    private var conversation: Conversation?
    private var waitsForWriting = false
    private var lastUse = Reactor.now()

    /// - Parameter idleLimit: how long an unused shared connection stays open.
    package init(
        _ settings: ConnectionSettings, sharing isShared: Bool, reactor: Reactor, idleLimit: Duration = .seconds(60),
        logger: Logger
    ) {
        self.settings = settings
        self.sharing = isShared ? .shared : .exclusive
        self.reactor = reactor
        self.idleLimit = idleLimit.nanoseconds
        self.logger = logger
        machine = Machine(sharing: isShared ? .shared : .exclusive)
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

    /// Starts a conversation outside of pipeline mode; see `Conversation`.
    func converse(_ conversation: Conversation) { post(.converse(conversation)) }

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
        case .converse(let conversation): begin(conversation)
        case .close:
            let error = DatabaseError(.connectionLost, message: "closed")
            conversation?.fail(error)
            conversation = nil
            reactor.stopTicking(self)
            perform(machine.closed(error))
        }
    }

    private func perform(_ actions: [Machine.Action]) {
        for action in actions {
            switch action {
            case .connect: connect()
            case .send(let id): send(id)
            case .complete(let id, let outcome): complete(id, outcome)
            case .prepared(let name): cache.confirm(name)
            case .forget(let name): cache.forget(name)
            case .close: disconnect()
            }
        }
    }

    private func complete(_ id: Machine.RequestID, _ outcome: Result<[PQResult], DatabaseError>) {
        guard let request = requests.removeValue(forKey: id) else { return }
        switch outcome {
        case .success(let results):
            request.continuation.resume(
                returning: Answer(results: results, status: connection?.transactionStatus ?? .unknown))
        case .failure(let error): request.continuation.resume(throwing: error)
        }
    }

    private func connect() {
        let settings = settings
        reactor.startTicking(self)
        Connector.connect(settings) { [self, reactor] outcome in
            reactor.run { [self] _ in didConnect(outcome) }
        }
    }

    private func didConnect(_ outcome: Result<PQConnection, DatabaseError>) {
        // Closed meanwhile, or connected by a later attempt: this one goes away with its last reference.
        guard machine.link == .connecting else { return }
        reactor.stopTicking(self)
        switch outcome {
        case .success(let connection):
            adopt(connection)
            perform(machine.connected())
            flush()
        case .failure(let error):
            logger.warning("database connection failed", metadata: ["to": "\(settings)", "error": "\(error)"])
            perform(machine.connectFailed(error))
        }
    }

    /// Takes over a connection that was made elsewhere.
    private func adopt(_ connection: PQConnection) {
        self.connection = connection
        cache = StatementCache()
        waitsForWriting = false
        mailbox.withLock { $0.isOpen = true }
        socket = connection.socket
        reactor.watch(socket, for: self)
    }

    private func disconnect() {
        guard connection != nil else { return }
        reactor.unwatch(socket, for: self)
        connection = nil
        mailbox.withLock { $0.isOpen = false }
    }

    private func lose(_ error: DatabaseError) {
        disconnect()
        conversation?.fail(error)
        conversation = nil
        perform(machine.lost(error))
    }

    private func send(_ id: Machine.RequestID) {
        guard let connection, let request = requests[id] else { return }
        var steps: [Machine.Step] = []
        var names: [String?] = []
        var isSent = true
        for statement in request.statements {
            guard case .shared = sharing else {
                names.append(nil)
                continue
            }
            switch cache.plan(statement.text, statement.binds) {
            case .named(let name): names.append(name)
            case .prepare(let name):
                isSent = connection.sendPrepare(name, statement.text, statement.binds) && isSent
                steps.append(.prepare(name))
                names.append(name)
            case .unnamed: names.append(nil)
            }
        }
        for (statement, name) in zip(request.statements, names) {
            isSent = connection.sendExecute(name, statement.text, statement.binds) && isSent
            steps.append(.execute(name))
        }
        isSent = connection.sendSync() && isSent
        machine.sent(id, steps + [.sync])
        if !isSent { lose(DatabaseError(.connectionLost, message: connection.message)) }
    }

    private func flush() {
        guard let connection else { return }
        guard let outcome = connection.flush() else {
            return lose(DatabaseError(.connectionLost, message: connection.message))
        }
        let mustWait = outcome == .blocked
        if mustWait != waitsForWriting {
            waitsForWriting = mustWait
            reactor.setInterest(readable: true, writable: mustWait, connection.socket)
        }
    }

    private func read() {
        guard let connection else { return }
        let isOpen = connection.consumeInput()
        if let conversation {
            advance(conversation, connection)
        } else {
            readAnswers(connection)
        }
        if self.connection === connection, !isOpen || !connection.isAlive {
            lose(DatabaseError(.connectionLost, message: connection.message))
        }
    }

    private func readAnswers(_ connection: PQConnection) {
        var wasEnd = false
        while machine.awaitsAnswer, self.connection === connection, !connection.isBusy {
            guard let result = connection.nextResult() else {
                // libpq says nothing twice in a row only when it has nothing to say.
                guard !wasEnd else { return }
                wasEnd = true
                perform(machine.received(.endOfStatement))
                continue
            }
            wasEnd = false
            switch result.kind {
            case .rows, .command: perform(machine.received(.rows(result, result.commandTag)))
            case .failed: perform(machine.received(.failed(result.error)))
            case .copyOut, .copyIn: perform(machine.received(.copy))
            case .aborted: perform(machine.received(.aborted))
            case .sync: perform(machine.received(.sync(connection.transactionStatus)))
            case .notice: continue
            }
        }
    }
}

extension PipelineConnection {
    /// Connects now, for a holder that wants to know whether it can.
    func open(_ completion: @escaping @Sendable (Result<Void, DatabaseError>) -> Void) {
        Connector.connect(settings) { [self, reactor] outcome in
            reactor.run { [self] _ in
                switch outcome {
                case .success(let connection):
                    adopt(connection)
                    perform(machine.connected())
                    completion(.success(()))
                case .failure(let error): completion(.failure(error))
                }
            }
        }
    }

    /// The SCRAM-SHA-256 verifier for a role's password, by the connection's own settings.
    func scramVerifier(password: String, role: String) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            reactor.run { [self] _ in
                do throws(DatabaseError) {
                    guard let connection else { throw DatabaseError(.connectionLost) }
                    continuation.resume(returning: try connection.scramVerifier(password: password, role: role))
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }

    private func begin(_ conversation: Conversation) {
        guard let connection, machine.isIdle, self.conversation == nil else {
            return conversation.fail(DatabaseError(.connectionLost, message: "the connection is gone or in use"))
        }
        self.conversation = conversation
        guard conversation.start(on: connection) else {
            return lose(DatabaseError(.connectionLost, message: connection.message))
        }
        advance(conversation, connection)
        flush()
    }

    private func advance(_ conversation: Conversation, _ connection: PQConnection) {
        guard conversation.advance(on: connection) == .finished else { return }
        self.conversation = nil
    }
}

extension Duration {
    /// Whole nanoseconds, as the reactor's clock counts them.
    fileprivate var nanoseconds: UInt64 {
        UInt64(components.seconds) * 1_000_000_000 + UInt64(components.attoseconds / 1_000_000_000)
    }
}
