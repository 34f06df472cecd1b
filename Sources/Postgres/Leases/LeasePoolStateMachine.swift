/// Who holds which leased connection, as a pure value: one budget for all roles of the process.
///
/// `Connection` is whatever the shell leases, so that tests need no database.
struct LeasePoolStateMachine<Connection: Sendable> {
    typealias RequestID = UInt64
    typealias Instant = UInt64

    /// What the shell must do.
    enum Action {
        /// Open a connection as this role, then report `opened` or `openFailed`.
        case open(RequestID, role: String)
        /// Hand over a connection.
        case grant(RequestID, Connection)
        case fail(RequestID, DatabaseError)
        case close(Connection)
    }

    private struct Waiter {
        let id: RequestID
        let role: String
        let deadline: Instant
    }

    private struct Idle {
        let role: String
        let connection: Connection
        let since: Instant
    }

    private let budget: Int
    private let capacity: Int
    private let isUsable: @Sendable (Connection) -> Bool
    private var idle: [Idle] = []
    private var waiters: [Waiter] = []
    /// Connections held or being opened.
    private var busy = 0
    /// Whether none is kept any more.
    private var isDrained = false

    /// - Parameters:
    ///   - budget: how many connections may exist at once.
    ///   - capacity: how many requests may wait.
    ///   - isUsable: whether a connection that nobody holds is still there; the server may have ended it.
    init(budget: Int, capacity: Int = 256, isUsable: @escaping @Sendable (Connection) -> Bool = { _ in true }) {
        self.budget = budget
        self.capacity = capacity
        self.isUsable = isUsable
    }

    /// How many connections exist or are being made.
    var connectionCount: Int { idle.count + busy }

    /// Somebody wants a connection as `role`.
    mutating func acquire(_ id: RequestID, role: String, deadline: Instant) -> [Action] {
        guard waiters.count < capacity else { return [.fail(id, DatabaseError(.overloaded))] }
        waiters.append(Waiter(id: id, role: role, deadline: deadline))
        return serveWaiters()
    }

    /// A connection asked for by `open` is there.
    mutating func opened(_ id: RequestID, _ connection: Connection) -> [Action] {
        [.grant(id, connection)]
    }

    /// A connection asked for by `open` could not be made.
    mutating func openFailed(_ id: RequestID, _ error: DatabaseError) -> [Action] {
        busy -= 1
        return [.fail(id, error)] + serveWaiters()
    }

    /// A holder is done. A connection that may carry anything over is not healthy and is closed.
    mutating func released(_ connection: Connection, role: String, isHealthy: Bool, now: Instant) -> [Action] {
        busy -= 1
        guard isHealthy, !isDrained else { return [.close(connection)] + serveWaiters() }
        idle.append(Idle(role: role, connection: connection, since: now))
        return serveWaiters()
    }

    /// A waiter went away.
    mutating func abandon(_ id: RequestID) -> [Action] {
        guard let index = waiters.firstIndex(where: { $0.id == id }) else { return [] }
        waiters.remove(at: index)
        return [.fail(id, DatabaseError(.timeout, message: "the caller went away"))]
    }

    /// Time passes: ends what waited too long, closes what nobody used since `idleSince`.
    mutating func expire(now: Instant, idleSince: Instant) -> [Action] {
        let late = waiters.filter { $0.deadline <= now }
        waiters.removeAll { $0.deadline <= now }
        let old = idle.filter { $0.since <= idleSince }
        idle.removeAll { $0.since <= idleSince }
        return late.map { .fail($0.id, DatabaseError(.overloaded)) } + old.map { .close($0.connection) }
    }

    /// Everything idle is to be closed, as at shutdown, and what is lent when it comes back.
    mutating func drain() -> [Action] {
        isDrained = true
        defer { idle = [] }
        return idle.map { .close($0.connection) }
    }

    private mutating func serveWaiters() -> [Action] {
        var actions: [Action] = []
        idle.removeAll { !isUsable($0.connection) }
        while let waiter = waiters.first {
            if let index = idle.lastIndex(where: { $0.role == waiter.role }) {
                actions.append(.grant(waiter.id, idle.remove(at: index).connection))
            } else if connectionCount < budget {
                actions.append(.open(waiter.id, role: waiter.role))
            } else if !idle.isEmpty {
                // Another role's idle connection makes room.
                actions.append(.close(idle.removeFirst().connection))
                actions.append(.open(waiter.id, role: waiter.role))
            } else {
                return actions
            }
            busy += 1
            waiters.removeFirst()
        }
        return actions
    }
}
