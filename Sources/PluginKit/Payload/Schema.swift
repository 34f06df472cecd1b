/// The named fields of a request or a response: what validation, the JSON writer and OpenAPI read.
public struct Schema: Sendable {
    /// The name in OpenAPI's components.
    public let name: String
    /// The fields, in the order they are written.
    public let fields: [Field]
    /// What must hold between the fields of a request.
    public let rules: [Rule]
    /// Each field as `"name":`, ready to be written.
    let keys: [[UInt8]]

    /// A schema; names must differ.
    public init(_ name: String, _ fields: [Field], rules: [Rule] = []) {
        self.name = name
        self.fields = fields
        self.rules = rules
        keys = fields.map { Array("\"\($0.name)\":".utf8) }
    }

    /// Something that must hold between several fields of a request; a field counts as given when it is not null.
    public enum Rule: Hashable, Sendable {
        /// At least one of these fields must be given.
        case atLeastOne([String])
        /// One of these fields must be given and no other of them; the example has the first.
        case exactlyOne([String])
    }

    /// An object that is valid: the example of each field, but of those that exclude each other only the first.
    public var example: JSONValue {
        let excluded = rules.flatMap { rule -> [String] in
            if case .exactlyOne(let names) = rule { Array(names.dropFirst()) } else { [] }
        }
        return .object(fields.filter { !excluded.contains($0.name) }.map { .init($0.name, $0.example) })
    }

    /// Whether some field, however deep, is shown only once.
    var holdsSecret: Bool { fields.contains { $0.isSecret || $0.type.holdsSecret } }

    /// The position of a field; nil when there is none of that name.
    func index(of name: String) -> Int? {
        fields.firstIndex { $0.name == name }
    }
}

/// One field: name, type, bounds, example.
public struct Field: Sendable {
    /// Its name.
    public let name: String
    /// Its type and bounds.
    public let type: FieldType
    /// Whether a request must carry it.
    public let isRequired: Bool
    /// Whether it may be null.
    public let isNullable: Bool
    /// A value for the documentation and for generated tests; must be valid.
    public let example: JSONValue
    /// What it means, in one sentence; empty when the name says it.
    public let summary: String
    /// Whether whoever knows the value may do something by it: an answer that has it is shown once and kept nowhere, not
    /// for those who ask again under the same `Idempotency-Key` either.
    public let isSecret: Bool

    /// A field; optional and not null unless said otherwise.
    public init(
        _ name: String, _ type: FieldType, required: Bool = false, nullable: Bool = false, secret: Bool = false,
        example: JSONValue, summary: String = ""
    ) {
        isSecret = secret
        self.name = name
        self.type = type
        isRequired = required
        isNullable = nullable
        self.example = example
        self.summary = summary
    }
}

/// A type with a schema: what a route returns.
public protocol Payload: Sendable {
    /// The fields, in the order of the columns that fill them.
    static var schema: Schema { get }
}

/// A type that a route takes: made from a validated record.
public protocol RequestPayload: Payload {
    /// Reads the fields; the record was validated against `schema`.
    init(_ record: Record) throws
}
