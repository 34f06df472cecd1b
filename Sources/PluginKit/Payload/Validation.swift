/// Checks a JSON body against a schema and collects every fault with its pointer.
struct Validation {
    private(set) var errors: [Problem.FieldError] = []

    /// The record of `body`, or nil when there are errors.
    mutating func record(_ body: JSONValue, _ schema: Schema, at pointer: String = "") -> Record? {
        guard case .object(let members) = body else {
            fail(pointer, "type", "must be an object, found \(body.kind)")
            return nil
        }
        let before = errors.count
        var values = [JSONValue?](repeating: nil, count: schema.fields.count)
        for member in members {
            let place = "\(pointer)/\(Validation.escape(member.name))"
            guard let index = schema.index(of: member.name) else {
                fail(place, "unknown", "there is no such field here")
                continue
            }
            values[index] = value(member.value, schema.fields[index], at: place)
        }
        for (index, field) in schema.fields.enumerated() where field.isRequired {
            let isMissing = values[index] == nil && !members.contains { $0.name == field.name }
            if isMissing { fail("\(pointer)/\(field.name)", "required", "must be given") }
        }
        // What several fields are together says something only when each of them is right.
        if errors.count == before { check(schema.rules, values, schema, at: pointer) }
        return errors.count == before ? Record(schema: schema, values: values) : nil
    }

    private mutating func check(_ rules: [Schema.Rule], _ values: [JSONValue?], _ schema: Schema, at pointer: String) {
        func given(_ names: [String]) -> Int {
            names.count { name in schema.index(of: name).flatMap { values[$0] } ?? .null != .null }
        }
        for rule in rules {
            switch rule {
            case .atLeastOne(let names) where given(names) == 0:
                fail(pointer, "required", "one of \(names.joined(separator: ", ")) must be given")
            case .exactlyOne(let names) where given(names) != 1:
                fail(
                    "\(pointer)/\(names[0])", "required",
                    "exactly one of \(names.joined(separator: ", ")) must be given")
            default: break
            }
        }
    }

    private mutating func value(_ value: JSONValue, _ field: Field, at pointer: String) -> JSONValue? {
        if value == .null {
            if !field.isNullable { fail(pointer, "null", "must not be null") }
            return .null
        }
        return checked(value, field.type, at: pointer)
    }

    /// The value in its normal form, or nil after noting what is wrong.
    mutating func checked(_ value: JSONValue, _ type: FieldType, at pointer: String) -> JSONValue? {
        switch (type, value) {
        case (.boolean, .bool), (.number, .number), (.number, .integer): return value
        case (.integer(let bounds), .integer(let number)):
            guard bounds.contains(number) else {
                return fail(pointer, "range", "must lie between \(bounds.lowerBound) and \(bounds.upperBound)")
            }
            return value
        // JSON knows one kind of number: 5.0 is the whole number 5 (RFC 8259 §6; JSON Schema's `integer` says the same).
        case (.integer, .number(let number)) where Int64(exactly: number) != nil:
            return checked(.integer(Int64(number)), type, at: pointer)
        case (.object(let schema), _):
            guard let record = record(value, schema, at: pointer) else { return nil }
            return .object(
                zip(schema.fields, record.values).compactMap { field, value in value.map { .init(field.name, $0) } })
        case (.array(let element, let bounds), .array(let elements)):
            guard bounds.contains(elements.count) else {
                return fail(pointer, "length", "must have \(bounds.lowerBound) to \(bounds.upperBound) elements")
            }
            let checked = elements.enumerated().map { self.checked($1, element, at: "\(pointer)/\($0)") }
            return .array(checked.compactMap { $0 })
        case (.json(let maximum), .object):
            guard value.encoded().count <= maximum else {
                return fail(pointer, "length", "must not take more than \(maximum) bytes")
            }
            return value
        case (_, .string(let text)): return checked(text, type, at: pointer)
        default: return fail(pointer, "type", "must be \(type.article), found \(value.kind)")
        }
    }

    private mutating func checked(_ text: String, _ type: FieldType, at pointer: String) -> JSONValue? {
        switch type {
        case .text(let bounds):
            let count = text.unicodeScalars.count
            guard bounds.contains(count) else {
                return fail(
                    pointer, "length", "must have \(bounds.lowerBound) to \(bounds.upperBound) characters, has \(count)"
                )
            }
            guard !text.utf8.contains(0) else { return fail(pointer, "characters", "must not hold a NUL") }
            return .string(text)
        case .slug(let bounds):
            guard bounds.contains(text.utf8.count), Validation.isSlug(text) else {
                return fail(
                    pointer, "format",
                    "must be \(bounds.lowerBound) to \(bounds.upperBound) lower-case letters, digits and inner hyphens")
            }
            return .string(text)
        case .email:
            guard let address = EmailAddress(text) else { return fail(pointer, "format", "must be an e-mail address") }
            return .string(address.normalized)
        case .oneOf(let words):
            guard words.contains(text) else {
                return fail(pointer, "choice", "must be one of \(words.joined(separator: ", "))")
            }
            return .string(text)
        case .uuid:
            guard let id = ID<Void>(text) else { return fail(pointer, "format", "must be a UUID") }
            return .string(id.description)
        case .timestamp:
            guard Timestamp(rfc3339: text) != nil else {
                return fail(pointer, "format", "must be a time as RFC 3339 writes it, with a zone")
            }
            return .string(text)
        default:
            return fail(pointer, "type", "must be \(type.article), found a string")
        }
    }

    private static func isSlug(_ text: String) -> Bool {
        text.first != "-" && text.last != "-"
            && text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
    }

    @discardableResult
    mutating func fail(_ pointer: String, _ code: String, _ detail: String) -> JSONValue? {
        // A hostile body may have a fault per byte; the first few are enough to mend it.
        if errors.count < 50 { errors.append(.init(pointer: pointer, code: code, detail: detail)) }
        return nil
    }

    /// RFC 6901 §3, and bounded, because the name is the caller's.
    private static func escape(_ name: String) -> String {
        String(name.prefix(64)).replacing("~", with: "~0").replacing("/", with: "~1")
    }
}

extension FieldType {
    /// What the type is called in an error message.
    var article: String {
        switch self {
        case .uuid: "a UUID"
        case .boolean: "a boolean"
        case .integer: "an integer"
        case .number: "a number"
        case .text, .slug, .email, .oneOf: "a string"
        case .timestamp: "a time"
        case .json, .object: "an object"
        case .array: "an array"
        }
    }
}

extension RequestPayload {
    /// Validates a body and makes the payload of it.
    ///
    /// - Throws: `Problem` 422 with a pointer for each wrong field.
    public static func decode(_ body: JSONValue) throws -> Self {
        var validation = Validation()
        guard let record = validation.record(body, schema) else { throw Problem.validation(validation.errors) }
        return try Self(record)
    }
}
