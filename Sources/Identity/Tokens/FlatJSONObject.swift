/// A JSON object (RFC 8259) without nesting, read more strictly than the standard asks.
///
/// Keys and strings are printable ASCII without escapes, numbers are integers of 64 bits, there is no space between
/// tokens and no key twice. Whatever two parsers could read differently is refused.
struct FlatJSONObject: Sendable {
    /// A value of one of the two allowed kinds.
    enum Value: Sendable, Equatable {
        case string(String)
        case integer(Int64)
    }

    private static let memberLimit = 32
    private var members: [(key: String, value: Value)] = []

    /// Reads all of `bytes`; `nil` if they are anything else.
    init?(_ bytes: [UInt8]) {
        var scanner = FlatJSONScanner(bytes)
        guard scanner.skip("{") else { return nil }
        while !scanner.skip("}") {
            guard members.isEmpty || scanner.skip(","), members.count < Self.memberLimit,
                let key = scanner.string(), self[key] == nil, scanner.skip(":"), let value = scanner.value()
            else { return nil }
            members.append((key, value))
        }
        guard scanner.isAtEnd else { return nil }
    }

    /// The keys in the order they stand.
    var keys: [String] { members.map(\.key) }

    /// The value of `key`.
    subscript(key: String) -> Value? {
        members.first { $0.key == key }?.value
    }

    /// The value of `key` if it is a string.
    func string(_ key: String) -> String? {
        guard case .string(let text) = self[key] else { return nil }
        return text
    }

    /// The value of `key` if it is an integer.
    func integer(_ key: String) -> Int64? {
        guard case .integer(let number) = self[key] else { return nil }
        return number
    }
}
