/// The life of one connection that serves many requests, as a pure value: events in, actions out.
///
/// ```
///              submit                connected
/// disconnected ──────▶ connecting ──────────────▶ connected ──▶ (lost, poisoned, silent) ──▶ disconnected
///                          └── connectFailed ──▶ disconnected          (from each: closed, for good)
/// ```
/// Requests wait, are sent in order up to a window, and are answered in the order sent, each by its own Sync.
/// `Rows` is the content of one result, so that tests need no database.
struct PipelineStateMachine<Rows: Sendable> {
    typealias RequestID = UInt64
    /// Nanoseconds of a monotonic clock.
    typealias Instant = UInt64

    /// Whether there is a connection.
    enum Link: Equatable {
        /// None, and nobody asked for one. Can transition to: connecting, closed.
        case disconnected
        /// One is being made. Can transition to: connected, disconnected, closed.
        case connecting
        /// One is there. Can transition to: disconnected, closed.
        case connected
        /// There will be none any more: whoever asks is told so, instead of connecting while the process ends.
        case closed
    }

    /// What a request sends, in order; the server answers each.
    enum Step: Equatable, Sendable {
        case prepare(String)
        /// By the name it is prepared under, or by its text.
        case execute(String?)
        case sync
    }

    /// What arrived from the server.
    enum Event: Sendable {
        case rows(Rows, CommandTag)
        case failed(DatabaseError)
        case aborted
        /// COPY began, which nothing but the end of the connection ends in a pipeline.
        case copy
        case endOfStatement
        case sync(TransactionStatus)
    }

    /// What the shell must do.
    enum Action {
        case connect
        case send(RequestID)
        case complete(RequestID, Result<[Rows], DatabaseError>)
        /// The statement's name may be used by other requests too.
        case prepared(String)
        /// The statement's name means nothing on this connection any more.
        case forget(String)
        /// Close the connection; everything it had in flight is completed by other actions.
        case close
    }

    /// What a connection is for.
    enum Sharing: Sendable {
        /// Requests of many tenants: whatever could outlive its request ends the connection.
        case shared
        /// One holder at a time, who may open transactions; a lost connection is not replaced.
        case exclusive
    }

    /// A request on its way.
    struct Entry {
        let id: RequestID
        let isReplayable: Bool
        let deadline: Instant
        var steps: [Step] = []
        var position = 0
        var rows: [Rows] = []
        var failure: DatabaseError?
        var isAbandoned = false
        /// Whether it failed because the server no longer has a statement it named.
        var isForgotten = false
        var wasResent = false

        /// Nobody waits for it any more: what came is let go, and what comes is dropped.
        mutating func abandon() {
            isAbandoned = true
            rows = []
        }
    }

    var link = Link.disconnected
    var waiting: [Entry] = []
    var inFlight: [Entry] = []
    var firstInFlight = 0
    /// Whether anything came from the server since `expire` last looked.
    var wasHeard = false
    /// When `expire` last found that something had come, or that no answer was due.
    private var lastHeard: Instant = 0
    let sharing: Sharing
    private let window: Int
    private let capacity: Int
    private let patience: UInt64

    /// - Parameters:
    ///   - window: how many requests may be in flight.
    ///   - capacity: how many requests may wait or be in flight.
    ///   - patience: for how many nanoseconds a server that is late with an answer may say nothing at all.
    init(sharing: Sharing, window: Int = 64, capacity: Int = 2048, patience: UInt64 = 5_000_000_000) {
        self.sharing = sharing
        self.window = window
        self.capacity = capacity
        self.patience = patience
    }

    /// Whether nothing waits and nothing is in flight.
    var isIdle: Bool { waiting.isEmpty && flightCount == 0 }
    /// Whether an answer of the server is due.
    var awaitsAnswer: Bool { flightCount > 0 }
    var flightCount: Int { inFlight.count - firstInFlight }

    /// A request arrives. A replayable one only reads, so that it may run again on another connection.
    mutating func submit(_ id: RequestID, isReplayable: Bool, deadline: Instant) -> [Action] {
        guard waiting.count + flightCount < capacity else {
            return [.complete(id, .failure(DatabaseError(.overloaded)))]
        }
        waiting.append(Entry(id: id, isReplayable: isReplayable, deadline: deadline))
        switch link {
        case .disconnected:
            guard sharing == .shared else { return failEverything(DatabaseError(.connectionLost)) }
            link = .connecting
            return [.connect]
        case .connecting: return []
        case .connected: return sendNext()
        case .closed: return failEverything(DatabaseError(.connectionLost, message: "closed"))
        }
    }

    /// The shell has queued a request's messages.
    mutating func sent(_ id: RequestID, _ steps: [Step]) {
        // The entry asked for last is the one answered, so it is found at the end.
        guard let index = inFlight.lastIndex(where: { $0.id == id }) else { return }
        inFlight[index].steps = steps
    }

    /// The caller went away: the answer, which still comes, is read and dropped. Nothing is cancelled on the server,
    /// because a cancellation could hit the next tenant's statement.
    mutating func abandon(_ id: RequestID) -> [Action] {
        let cancelled = Action.complete(id, .failure(DatabaseError(.timeout, message: "the caller went away")))
        if let index = waiting.firstIndex(where: { $0.id == id }) {
            waiting.remove(at: index)
            return [cancelled]
        }
        guard let index = inFlight[firstInFlight...].firstIndex(where: { $0.id == id }), !inFlight[index].isAbandoned
        else {
            return []
        }
        inFlight[index].abandon()
        return [cancelled]
    }

    /// Time passes: ends what waited too long. What is in flight keeps its place until its answer has come, which is
    /// dropped: others' answers come behind it. A server that is late and says nothing at all loses its connection.
    mutating func expire(now: Instant) -> [Action] {
        var actions: [Action] = []
        let timeout = DatabaseError(.timeout)
        waiting.removeAll { entry in
            guard entry.deadline <= now else { return false }
            actions.append(.complete(entry.id, .failure(timeout)))
            return true
        }
        var isOverdue = false
        for index in firstInFlight..<inFlight.count where inFlight[index].deadline <= now {
            isOverdue = true
            guard !inFlight[index].isAbandoned else { continue }
            inFlight[index].abandon()
            actions.append(.complete(inFlight[index].id, .failure(timeout)))
        }
        if wasHeard || flightCount == 0 { lastHeard = now }
        wasHeard = false
        guard isOverdue else { return actions }
        switch sharing {
        // Nobody else's answers are on their way to its one holder.
        case .exclusive: return actions + [.close] + lost(timeout)
        case .shared:
            guard now - lastHeard >= patience else { return actions }
            return actions + [.close] + lost(DatabaseError(.connectionLost, message: "the server has fallen silent"))
        }
    }
}

extension PipelineStateMachine {
    /// Sends what waits, as far as the window goes.
    mutating func sendNext() -> [Action] {
        var actions: [Action] = []
        let count = min(waiting.count, window - flightCount)
        guard count > 0 else { return [] }
        for entry in waiting[..<count] {
            actions.append(.send(entry.id))
            inFlight.append(entry)
        }
        waiting.removeFirst(count)
        return actions
    }

    /// Empties the flight.
    mutating func takeInFlight() -> [Entry] {
        defer {
            inFlight = []
            firstInFlight = 0
        }
        return Array(inFlight[firstInFlight...])
    }

    /// Answers whoever waits.
    mutating func failEverything(_ error: DatabaseError) -> [Action] {
        defer { waiting = [] }
        return waiting.map { .complete($0.id, .failure(error)) }
    }
}
