/// Who waits for a lease. Owners are served in turn, and what one of them waits for in the order it was asked for.
///
/// An owner has a share of the places. When all are taken, an owner with fewer waiters takes the place of the last one
/// of whoever has most, so that who came first keeps nobody out. The kernel, which is no owner, has places of its own.
struct LeaseLine<Owner: Hashable & Sendable>: Sendable {
    struct Waiter: Sendable {
        let id: UInt64
        let role: String
        /// For whom; nil is the kernel.
        let owner: Owner?
        let deadline: UInt64
    }

    /// What became of who wanted to wait.
    enum Entry {
        case waits
        /// It waits in the place of another, who is to be told.
        case replaces(Waiter)
        case refused
    }

    private let capacity: Int
    private let share: Int
    private var lines: [Owner?: [Waiter]] = [:]
    /// The owners that wait; whose turn it is comes first.
    private var turns: [Owner?] = []

    /// - Parameters:
    ///   - capacity: how many may wait for all owners, and how many for the kernel.
    ///   - share: how many may wait for one owner.
    init(capacity: Int, share: Int) {
        self.capacity = capacity
        self.share = share
    }

    /// Somebody wants to wait.
    mutating func enter(_ waiter: Waiter) -> Entry {
        let count = lines[waiter.owner]?.count ?? 0
        guard waiter.owner != nil else {
            guard count < capacity else { return .refused }
            append(waiter)
            return .waits
        }
        guard count < share else { return .refused }
        guard ownedCount >= capacity else {
            append(waiter)
            return .waits
        }
        guard let displaced = displaceLast(moreThan: count + 1) else { return .refused }
        append(waiter)
        return .replaces(displaced)
    }

    /// Takes out whose turn it is among those whose owner may have a lease now; nil when there is none.
    mutating func next(where mayHold: (Owner?) -> Bool) -> Waiter? {
        guard let turn = turns.firstIndex(where: mayHold) else { return nil }
        let owner = turns.remove(at: turn)
        var line = lines[owner] ?? []
        guard !line.isEmpty else { return nil }
        let waiter = line.removeFirst()
        lines[owner] = line.isEmpty ? nil : line
        if !line.isEmpty { turns.append(owner) }
        return waiter
    }

    /// A waiter went away; false when there was none of this id.
    mutating func remove(_ id: UInt64) -> Bool {
        !remove { $0.id == id }.isEmpty
    }

    /// Takes out everybody whose time is over, in the order they came.
    mutating func removeExpired(at now: UInt64) -> [Waiter] {
        remove { $0.deadline <= now }.sorted { $0.id < $1.id }
    }

    /// How many wait for owners.
    private var ownedCount: Int {
        lines.reduce(0) { $1.key == nil ? $0 : $0 + $1.value.count }
    }

    private mutating func append(_ waiter: Waiter) {
        if lines[waiter.owner] == nil { turns.append(waiter.owner) }
        lines[waiter.owner, default: []].append(waiter)
    }

    /// Takes out the last waiter of the owner that has most, if that is more than so many.
    private mutating func displaceLast(moreThan count: Int) -> Waiter? {
        let owned = turns.filter { $0 != nil }
        let greediest = owned.max { (lines[$0]?.count ?? 0) < (lines[$1]?.count ?? 0) }
        guard let greediest, let line = lines[greediest], line.count > count else { return nil }
        // It has more than one, so it goes on waiting.
        return lines[greediest]?.popLast()
    }

    private mutating func remove(where isGone: (Waiter) -> Bool) -> [Waiter] {
        var gone: [Waiter] = []
        for owner in turns {
            guard let line = lines[owner], line.contains(where: isGone) else { continue }
            gone += line.filter(isGone)
            let left = line.filter { !isGone($0) }
            lines[owner] = left.isEmpty ? nil : left
        }
        turns.removeAll { lines[$0] == nil }
        return gone
    }
}
