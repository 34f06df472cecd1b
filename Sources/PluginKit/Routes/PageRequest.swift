public import Foundation

/// Which page of a list is asked for.
public struct PageRequest: Sendable {
    /// The largest page.
    public static let maximumLimit = 100
    /// The page size when none is asked for.
    public static let defaultLimit = 25

    /// Rows on the page, 1…100.
    public let limit: Int
    /// The key of the last row before the page; empty on the first.
    let after: [JSONValue]

    /// For the kernel, which has verified what it passes.
    @_spi(Kernel)
    public init(limit: Int, after: [JSONValue]) {
        self.limit = limit
        self.after = after
    }

    /// Rows to fetch: one more than the page holds, to know whether another follows.
    public var fetchCount: Int { limit + 1 }

    /// Whether this is the first page.
    public var isFirst: Bool { after.isEmpty }

    /// A part of the key of the row before the page, or `start` on the first page.
    public func after<Value: FieldValue>(_ position: Int, or start: Value) -> Value {
        guard position < after.count, let value = Value(field: after[position]) else { return start }
        return value
    }
}

extension UUID {
    /// Sorts after every id; the start of a list that runs backwards.
    public static let last = UUID(high: .max, low: .max)
    /// Sorts before every id.
    public static let first = UUID(high: 0, low: 0)
}
