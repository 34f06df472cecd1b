/// Which statements are prepared on one connection, and under which names.
struct StatementCache {
    private var names: [String: String] = [:]
    private var count = 0
    private let prefix: String

    /// How many statements one connection prepares; what comes after runs unnamed.
    private static let capacity = 512

    init() {
        // Unguessable, so that no statement a tenant smuggles in can be prepared under a name the kernel will use.
        prefix = String(UInt64.random(in: .min ... .max), radix: 36)
    }

    /// The name of a statement that is prepared.
    func name(of text: String) -> String? { names[text] }

    /// A new name for a statement; nil when the connection holds enough of them.
    mutating func insert(_ text: String) -> String? {
        guard names.count < StatementCache.capacity else { return nil }
        count += 1
        let name = "\(prefix)_\(count)"
        names[text] = name
        return name
    }

    /// Drops a name whose preparation failed.
    mutating func forget(_ name: String) {
        if let text = names.first(where: { $0.value == name })?.key { names[text] = nil }
    }
}
