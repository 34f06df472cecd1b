internal import PluginKit

/// Which statements are prepared on one connection, and under which names.
struct StatementCache {
    /// How a statement is sent.
    enum Plan: Hashable {
        /// By the name it is prepared under.
        case named(String)
        /// By this name, after it has been prepared under it.
        case prepare(String)
        /// With its text: another request is preparing it, which may fail, or the connection holds enough statements.
        case unnamed
    }

    private struct Entry {
        let name: String
        /// The same text with values of other types is another statement.
        let types: [BindType]
        /// Whether the server has said that it is prepared.
        var isPrepared = false
    }

    private var entries: [String: Entry] = [:]
    /// The text behind each name.
    private var texts: [String: String] = [:]
    private var count = 0
    private let prefix: String

    /// How many statements one connection prepares; what comes after runs unnamed.
    private static let capacity = 512

    init() {
        // Unguessable, so that no statement a tenant smuggles in can be prepared under a name the kernel will use.
        prefix = String(UInt64.random(in: .min ... .max), radix: 36)
    }

    /// How to send a statement now.
    mutating func plan(_ text: String, _ binds: [Bind]) -> Plan {
        if let entry = entries[text] {
            let isSame = entry.types.elementsEqual(binds.lazy.map(\.type))
            return entry.isPrepared && isSame ? .named(entry.name) : .unnamed
        }
        guard entries.count < StatementCache.capacity else { return .unnamed }
        count += 1
        let name = "\(prefix)_\(count)"
        entries[text] = Entry(name: name, types: binds.map(\.type))
        texts[name] = text
        return .prepare(name)
    }

    /// A statement is prepared.
    mutating func confirm(_ name: String) {
        if let text = texts[name] { entries[text]?.isPrepared = true }
    }

    /// Drops a name whose preparation failed, or that the server no longer knows.
    mutating func forget(_ name: String) {
        if let text = texts.removeValue(forKey: name) { entries[text] = nil }
    }
}
