/// Who waits to read. Owners are served in turn, and what one of them waits for in the order it came, so that however
/// many wait for one, another waits for one of them at most.
struct ReadingRotation<Owner: Hashable & Sendable, Waiter: Sendable>: Sendable {
    private var lines: [Owner: [(id: UInt64, waiter: Waiter)]] = [:]
    /// The owners that wait; whose turn it is comes first.
    private var turns: [Owner] = []

    /// How many wait.
    var count: Int { lines.values.reduce(0) { $0 + $1.count } }

    /// Somebody waits.
    mutating func append(_ waiter: Waiter, _ id: UInt64, for owner: Owner) {
        if lines[owner] == nil { turns.append(owner) }
        lines[owner, default: []].append((id, waiter))
    }

    /// Takes out whose turn it is; nil when nobody waits.
    mutating func next() -> Waiter? {
        guard let owner = turns.first, let first = lines[owner]?.first else { return nil }
        turns.removeFirst()
        lines[owner]?.removeFirst()
        if lines[owner]?.isEmpty == true { lines[owner] = nil } else { turns.append(owner) }
        return first.waiter
    }

    /// Takes out who waits no longer; nil when there was none of this id.
    mutating func remove(_ id: UInt64, for owner: Owner) -> Waiter? {
        guard let place = lines[owner]?.firstIndex(where: { $0.id == id }) else { return nil }
        let waiter = lines[owner]?.remove(at: place).waiter
        if lines[owner]?.isEmpty == true {
            lines[owner] = nil
            turns.removeAll { $0 == owner }
        }
        return waiter
    }
}
