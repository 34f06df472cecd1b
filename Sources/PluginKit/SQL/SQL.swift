public import Foundation

/// A statement: literal text with values bound to it.
///
/// ```swift
/// let statement: SQL = "SELECT title FROM knowledge.knowledge_items WHERE tenant_id = \(tenant) AND id = \(id)"
/// ```
/// Each interpolated value becomes a `$n`; no value ever becomes text. Text that is not a literal must be
/// spelled `\(unsafeSQL: text)`, and such a statement is refused by the shared pipeline.
public struct SQL: Sendable {
    /// The text around the values: always one piece more than there are values.
    private var pieces: [String]
    /// The values, in the order of their `$n`.
    public private(set) var binds: [Bind]
    /// Whether the text holds something that was not written as a literal.
    public private(set) var isUnsafe: Bool
    /// Whether it may enqueue jobs, so that workers are told of it after the commit.
    @_spi(Kernel) public internal(set) var mayEnqueue = false

    /// A statement of text made at run time; only for leased connections.
    public init(unsafeSQL text: String) {
        pieces = [text]
        binds = []
        isUnsafe = true
    }

    /// The text as PostgreSQL reads it, with `$1`, `$2`, … in place of the values.
    public var text: String {
        guard !binds.isEmpty else { return pieces[0] }
        var text = ""
        text.reserveCapacity(pieces.reduce(binds.count * 3) { $0 + $1.utf8.count })
        for index in binds.indices {
            text += pieces[index]
            text += index < SQL.placeholders.count ? SQL.placeholders[index] : "$\(index + 1)"
        }
        text += pieces[binds.count]
        return text
    }

    private static let placeholders = (1...64).map { "$\($0)" }
}

extension SQL: ExpressibleByStringInterpolation {
    /// A statement without values.
    public init(stringLiteral value: String) {
        pieces = [value]
        binds = []
        isUnsafe = false
    }

    /// A statement from a literal with values in it.
    public init(stringInterpolation: StringInterpolation) {
        pieces = stringInterpolation.pieces
        pieces.append(stringInterpolation.tail)
        binds = stringInterpolation.binds
        isUnsafe = stringInterpolation.isUnsafe
        mayEnqueue = stringInterpolation.mayEnqueue
    }

    /// Collects the text and the values of a literal.
    public struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var pieces: [String] = []
        fileprivate var tail = ""
        fileprivate var binds: [Bind] = []
        fileprivate var isUnsafe = false
        fileprivate var mayEnqueue = false

        /// Sets room aside.
        public init(literalCapacity: Int, interpolationCount: Int) {
            pieces.reserveCapacity(interpolationCount + 1)
            binds.reserveCapacity(interpolationCount)
        }

        /// Appends literal text.
        public mutating func appendLiteral(_ literal: String) {
            if tail.isEmpty { tail = literal } else { tail += literal }
        }

        private mutating func append(_ bind: Bind) {
            pieces.append(tail)
            tail = ""
            binds.append(bind)
        }

        /// Binds a value.
        public mutating func appendInterpolation(_ value: some Bindable) {
            append(value.bind)
        }

        /// Binds a value or NULL.
        public mutating func appendInterpolation<Value: Bindable>(_ value: Value?) {
            append(value?.bind ?? .null(Value.bindType))
        }

        /// Binds an array, for `= ANY(…)` and `unnest(…)`.
        public mutating func appendInterpolation(_ values: [String]) { append(.textArray(values)) }
        /// Binds an array of UUIDs.
        public mutating func appendInterpolation(_ values: [UUID]) { append(.uuidArray(values)) }
        /// Binds an array of whole numbers.
        public mutating func appendInterpolation(_ values: [Int64]) { append(.intArray(values)) }
        /// Binds an array of instants.
        public mutating func appendInterpolation(_ values: [Timestamp]) { append(.timestampArray(values)) }
        /// Binds an array of instants or NULL.
        public mutating func appendInterpolation(_ values: [Timestamp]?) {
            append(values.map(Bind.timestampArray) ?? .null(.timestampArray))
        }
        /// Binds an array of ids.
        public mutating func appendInterpolation<Entity>(_ values: [ID<Entity>]) {
            append(.uuidArray(values.map(\.uuid)))
        }

        /// Inserts another statement's text and values, such as an optional condition.
        public mutating func appendInterpolation(_ fragment: SQL) {
            for index in fragment.binds.indices {
                tail += fragment.pieces[index]
                append(fragment.binds[index])
            }
            tail += fragment.pieces[fragment.binds.count]
            isUnsafe = isUnsafe || fragment.isUnsafe
            mayEnqueue = mayEnqueue || fragment.mayEnqueue
        }

        /// Inserts text as it is. The caller vouches for every byte of it.
        public mutating func appendInterpolation(unsafeSQL text: String) {
            tail += text
            isUnsafe = true
        }
    }
}
