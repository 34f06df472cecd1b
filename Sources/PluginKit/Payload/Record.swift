public import Foundation

/// The values of a request after validation, by field.
public struct Record: Sendable {
    let schema: Schema
    let values: [JSONValue?]
    /// Whether the schema has the members present only, so that any other field is an absent one.
    private let isPartial: Bool

    init(schema: Schema, values: [JSONValue?], isPartial: Bool = false) {
        self.schema = schema
        self.values = values
        self.isPartial = isPartial
    }

    /// A record of a schema without fields.
    public static let empty = Record(schema: Schema("Empty", []), values: [])

    /// The value of a field.
    ///
    /// - Throws: `RecordError` when the code asks for a field or a type that the schema does not declare.
    public subscript<Value: FieldValue>(_ name: String) -> Value {
        get throws {
            let index = schema.index(of: name)
            guard index != nil || isPartial, let value = Value(field: index.flatMap { values[$0] }) else {
                throw RecordError(schema: schema.name, field: name, expected: "\(Value.self)")
            }
            return value
        }
    }

    /// Whether the request named the field, be it with null.
    public func has(_ name: String) -> Bool {
        guard let index = schema.index(of: name) else { return false }
        return values[index] != nil
    }
}

/// A field that the code reads otherwise than the schema declares it: a defect of the code.
public struct RecordError: Error, CustomStringConvertible {
    /// The payload whose schema it is.
    public let schema: String
    /// The field asked for.
    public let field: String
    /// What it was to be read as.
    public let expected: String

    /// The fault in one line.
    public var description: String { "\(schema).\(field) cannot be read as \(expected)" }
}

/// A Swift type that a validated field can be read as.
public protocol FieldValue {
    /// Reads a value; nil when `field` is absent, null or of another type.
    init?(field: JSONValue?)
}

extension String: FieldValue {
    /// Reads a string.
    public init?(field: JSONValue?) {
        guard case .string(let text)? = field else { return nil }
        self = text
    }
}

extension Bool: FieldValue {
    /// Reads a boolean.
    public init?(field: JSONValue?) {
        guard case .bool(let flag)? = field else { return nil }
        self = flag
    }
}

extension Int: FieldValue {
    /// Reads a whole number.
    public init?(field: JSONValue?) {
        guard case .integer(let number)? = field else { return nil }
        self.init(exactly: number)
    }
}

extension UUID: FieldValue {
    /// Reads a UUID.
    public init?(field: JSONValue?) {
        guard case .string(let text)? = field else { return nil }
        self.init(canonical: text)
    }
}

extension Double: FieldValue {
    /// Reads any number.
    public init?(field: JSONValue?) {
        switch field {
        case .integer(let number)?: self = Double(number)
        case .number(let number)?: self = number
        default: return nil
        }
    }
}

extension ID: FieldValue {
    /// Reads a UUID.
    public init?(field: JSONValue?) {
        guard let uuid = UUID(field: field) else { return nil }
        self.init(uuid)
    }
}

extension Timestamp: FieldValue {
    /// Reads a time.
    public init?(field: JSONValue?) {
        guard case .string(let text)? = field else { return nil }
        self.init(rfc3339: text)
    }
}

extension JSONValue: FieldValue {
    /// Reads any value.
    public init?(field: JSONValue?) {
        guard let field else { return nil }
        self = field
    }
}

extension Array: FieldValue where Element: FieldValue {
    /// Reads a list whose elements all fit.
    public init?(field: JSONValue?) {
        guard case .array(let elements)? = field else { return nil }
        var values: [Element] = []
        for element in elements {
            guard let value = Element(field: element) else { return nil }
            values.append(value)
        }
        self = values
    }
}

extension Optional: FieldValue where Wrapped: FieldValue {
    /// Reads a value, null or nothing.
    public init?(field: JSONValue?) {
        guard let field, field != .null else {
            self = .none
            return
        }
        guard let value = Wrapped(field: field) else { return nil }
        self = .some(value)
    }
}

extension Record: FieldValue {
    /// A nested object is validated with its parent, so its record is rebuilt from the members present.
    public init?(field: JSONValue?) {
        guard case .object(let members)? = field else { return nil }
        let fields = members.map { Field($0.name, .json(maximumBytes: .max), example: .null) }
        self.init(schema: Schema("nested", fields), values: members.map(\.value), isPartial: true)
    }
}
