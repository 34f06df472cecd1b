internal import PluginKit

/// JSON Schema (2020-12) of fields: it takes exactly what `Validation` takes, as far as a schema can say it.
enum JSONSchema {
    /// Turns the schema of a nested object into a reference to it.
    typealias Reference = (Schema) -> JSONValue

    /// An object of a request: no other fields, and what must hold between them.
    static func request(_ schema: Schema, _ reference: Reference) -> JSONValue {
        let rules = schema.rules.map { rule($0, schema) }
        return JSONValue(members: [
            "type": "object",
            "properties": properties(schema, isRequest: true, reference),
            "required": names(schema.fields.filter(\.isRequired)),
            "additionalProperties": false,
            "allOf": rules.isEmpty ? nil : .array(rules),
            "examples": [schema.example],
        ])
    }

    /// An object of an answer: every field is there; later versions may add others.
    static func answer(_ schema: Schema, _ reference: Reference) -> JSONValue {
        JSONValue(members: [
            "type": "object",
            "properties": properties(schema, isRequest: false, reference),
            "required": names(schema.fields),
            "examples": [schema.exampleOfAnswer],
        ])
    }

    /// The values of a type.
    static func ofValue(_ type: FieldType, isRequest: Bool, _ reference: Reference) -> JSONValue {
        switch type {
        case .uuid: ["type": "string", "format": "uuid"]
        case .boolean: ["type": "boolean"]
        case .integer(let bounds):
            [
                "type": "integer", "format": "int64", "minimum": .integer(bounds.lowerBound),
                "maximum": .integer(bounds.upperBound),
            ]
        case .number: ["type": "number"]
        case .text(let bounds):
            // JSON Schema counts characters as Validation does: Unicode scalars.
            JSONValue(members: [
                "type": "string", "minLength": length(bounds.lowerBound), "maxLength": length(bounds.upperBound),
                "pattern": isRequest ? "^[^\\u0000]*$" : nil,
            ])
        case .slug(let bounds):
            JSONValue(members: [
                "type": "string", "minLength": length(bounds.lowerBound), "maxLength": length(bounds.upperBound),
                "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
            ])
        case .email: ["type": "string", "format": "email", "maxLength": 254]
        case .oneOf(let words): ["type": "string", "enum": .array(words.map { .string($0) })]
        case .timestamp: ["type": "string", "format": "date-time"]
        case .json(let maximum):
            ["type": "object", "description": .string("Any object of at most \(maximum) bytes.")]
        case .object(let schema): reference(schema)
        case .array(let element, let bounds):
            JSONValue(members: [
                "type": "array", "items": ofValue(element, isRequest: isRequest, reference),
                "minItems": length(bounds.lowerBound), "maxItems": length(bounds.upperBound),
            ])
        }
    }

    /// A bound of a length; nil for one that says nothing.
    private static func length(_ bound: Int) -> JSONValue? {
        bound == 0 || bound == .max ? nil : .integer(Int64(bound))
    }

    private static func names(_ fields: [Field]) -> JSONValue? {
        fields.isEmpty ? nil : .array(fields.map { .string($0.name) })
    }

    private static func properties(_ schema: Schema, isRequest: Bool, _ reference: Reference) -> JSONValue {
        .object(
            schema.fields.map { field in
                let value = ofValue(field.type, isRequest: isRequest, reference)
                return .init(field.name, described(field.isNullable ? nullable(value) : value, field))
            })
    }

    private static func described(_ value: JSONValue, _ field: Field) -> JSONValue {
        guard case .object(var members) = value, !field.summary.isEmpty else { return value }
        let inherited = value["description"]?.string.map { " " + $0 } ?? ""
        members.removeAll { $0.name == "description" }
        return .object(members + [.init("description", .string(field.summary + inherited))])
    }

    /// The same, or null.
    private static func nullable(_ value: JSONValue) -> JSONValue {
        guard case .object(let members) = value, let type = value["type"] else {
            return ["anyOf": [value, ["type": "null"]]]
        }
        return .object(
            members.map { member in
                switch member.name {
                case "type": .init("type", [type, "null"])
                case "enum": .init("enum", .array((member.value.array ?? []) + [.null]))
                default: member
                }
            })
    }

    private static func rule(_ rule: Schema.Rule, _ schema: Schema) -> JSONValue {
        switch rule {
        case .atLeastOne(let names): ["anyOf": .array(names.map { given($0, schema) })]
        case .exactlyOne(let names): ["oneOf": .array(names.map { given($0, schema) })]
        }
    }

    /// That a field is there and not null.
    private static func given(_ name: String, _ schema: Schema) -> JSONValue {
        let isNullable = schema.fields.contains { $0.name == name && $0.isNullable }
        return JSONValue(members: [
            "required": [.string(name)],
            "properties": isNullable ? .object([.init(name, ["not": ["type": "null"]])]) : nil,
        ])
    }
}
