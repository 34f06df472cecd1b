/// Who holds which leased connection, as a pure value: one budget for all roles of the process.
///
/// Nobody has all of it. An owner, which is a tenant, holds a quarter of the budget at most, however little the others
/// want, and has a quarter of the waiting places; owners are served in turn; and of a budget of eight or more, two
/// connections are kept for the kernel, which is no owner.
///
/// `Connection` is whatever the shell leases, so that tests need no database.
struct LeasePoolStateMachine<Connection: Sendable, Owner: Hashable & Sendable> {
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

    private struct Idle {
        let role: String
        let connection: Connection
        let since: Instant
    }

    private let budget: Int
    /// The most that one owner holds, and that all of them do.
    private let share: Int
    private let ownersBudget: Int
    private let isUsable: @Sendable (Connection) -> Bool
    private var idle: [Idle] = []
    private var line: LeaseLine<Owner>
    /// For whom connections are being opened.
    private var opening: [RequestID: Owner?] = [:]
    /// How many connections each owner holds or has being opened; nil is the kernel.
    private var held: [Owner?: Int] = [:]
    /// Whether none is kept any more.
    private var isDrained = false

    /// - Parameters:
    ///   - budget: how many connections may exist at once.
    ///   - capacity: how many requests may wait for owners, and how many for the kernel.
    ///   - isUsable: whether a connection that nobody holds is still there; the server may have ended it.
    init(budget: Int, capacity: Int = 256, isUsable: @escaping @Sendable (Connection) -> Bool = { _ in true }) {
        self.budget = budget
        self.isUsable = isUsable
        share = max(1, budget / 4)
        ownersBudget = budget - min(2, budget / 4)
        line = LeaseLine(capacity: capacity, share: max(1, capacity / 4))
    }

    /// How many connections exist or are being made.
    var connectionCount: Int { idle.count + busy }

    /// Connections held or being opened.
    private var busy: Int { held.values.reduce(0, +) }

    /// Somebody wants a connection as `role`.
    ///
    /// - Parameter owner: for whom; nil is the kernel.
    mutating func acquire(_ id: RequestID, role: String, for owner: Owner? = nil, deadline: Instant) -> [Action] {
        switch line.enter(.init(id: id, role: role, owner: owner, deadline: deadline)) {
        case .waits: serveWaiters()
        case .replaces(let other): [.fail(other.id, DatabaseError(.overloaded))] + serveWaiters()
        case .refused: [.fail(id, DatabaseError(.overloaded))]
        }
    }

    /// A connection asked for by `open` is there.
    mutating func opened(_ id: RequestID, _ connection: Connection) -> [Action] {
        opening[id] = nil
        return [.grant(id, connection)]
    }

    /// A connection asked for by `open` could not be made.
    mutating func openFailed(_ id: RequestID, _ error: DatabaseError) -> [Action] {
        if let owner = opening.removeValue(forKey: id) { giveUp(owner) }
        return [.fail(id, error)] + serveWaiters()
    }

    /// A holder is done. A connection that may carry anything over is not healthy and is closed.
    ///
    /// - Parameter owner: for whom it was asked for.
    mutating func released(
        _ connection: Connection, role: String, for owner: Owner? = nil, isHealthy: Bool, now: Instant
    ) -> [Action] {
        giveUp(owner)
        guard isHealthy, !isDrained else { return [.close(connection)] + serveWaiters() }
        idle.append(Idle(role: role, connection: connection, since: now))
        return serveWaiters()
    }

    /// A waiter went away.
    mutating func abandon(_ id: RequestID) -> [Action] {
        line.remove(id) ? [.fail(id, DatabaseError(.timeout, message: "the caller went away"))] : []
    }

    /// Time passes: ends what waited too long, closes what nobody used since `idleSince`.
    mutating func expire(now: Instant, idleSince: Instant) -> [Action] {
        let late = line.removeExpired(at: now)
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
        while busy < budget, let waiter = nextWaiter() {
            actions += lend(waiter)
        }
        return actions
    }

    /// Takes out whose turn it is among those who may hold one more.
    private mutating func nextWaiter() -> LeaseLine<Owner>.Waiter? {
        let heldNow = held
        let mayOwners = busy - heldNow[nil, default: 0] < ownersBudget
        let mostOfOne = share
        return line.next { owner in
            owner == nil || (mayOwners && heldNow[owner, default: 0] < mostOfOne)
        }
    }

    /// Gives a waiter a connection, while not all of the budget is held.
    private mutating func lend(_ waiter: LeaseLine<Owner>.Waiter) -> [Action] {
        var actions: [Action] = []
        if let index = idle.lastIndex(where: { $0.role == waiter.role }) {
            actions = [.grant(waiter.id, idle.remove(at: index).connection)]
        } else {
            // Another role's idle connection makes room.
            if connectionCount >= budget { actions.append(.close(idle.removeFirst().connection)) }
            actions.append(.open(waiter.id, role: waiter.role))
            opening.updateValue(waiter.owner, forKey: waiter.id)
        }
        held[waiter.owner, default: 0] += 1
        return actions
    }

    private mutating func giveUp(_ owner: Owner?) {
        let left = held[owner, default: 1] - 1
        held[owner] = left > 0 ? left : nil
    }
}
