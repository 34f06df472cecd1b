internal import Foundation
package import PluginKit

/// A type of event, as a module declares it.
package struct EventType: Sendable {
    let type: String
    let title: String
    let version: Int
    let module: String
    /// What an event's `data` looks like.
    let sample: JSONValue

    package init(type: String, title: String, version: Int, module: String, sample: JSONValue) {
        self.type = type
        self.title = title
        self.version = version
        self.module = module
        self.sample = sample
    }

    func resource() throws -> Resource<EventTypePayload> {
        try Resource([
            "type": .string(type), "title": .string(title), "version": .integer(Int64(version)),
            "module": .string(module), "sample": sample, "schema": EventType.schema(of: sample),
        ])
    }

    /// A JSON Schema (2020-12) of what looks like this value. It leaves room for what later versions add.
    static func schema(of value: JSONValue) -> JSONValue {
        switch value {
        case .null: [:]
        case .bool: ["type": "boolean"]
        case .integer: ["type": "integer"]
        case .number: ["type": "number"]
        case .string(let text):
            if UUID(canonical: text) != nil {
                ["type": "string", "format": "uuid"]
            } else if Timestamp(rfc3339: text) != nil {
                ["type": "string", "format": "date-time"]
            } else {
                ["type": "string"]
            }
        case .array(let elements):
            elements.first.map { ["type": "array", "items": schema(of: $0)] } ?? ["type": "array"]
        case .object(let members):
            [
                "type": "object",
                "properties": .object(members.map { .init($0.name, schema(of: $0.value)) }),
            ]
        }
    }
}
