internal import PluginKit

/// What the operations of a document share: schemas, problems, parameters, headers, ways to say who one is.
struct Components: Sendable {
    private var schemas: [JSONValue.Member] = []
    private var problems: Set<Int> = []

    /// The components object (OpenAPI 3.1.1 §4.8.7).
    var json: JSONValue {
        [
            "schemas": .object(schemas.sorted { $0.name < $1.name } + ProblemCatalogue.schemas),
            "responses": .object(
                problems.sorted().map { .init(ProblemCatalogue.name(of: $0), ProblemCatalogue.response($0)) }),
            "parameters": HeaderParameter.components,
            "headers": [
                "RequestId": [
                    "description":
                        "The id that log lines and events of this request carry: the caller's own, or a new one.",
                    "schema": ["type": "string", "minLength": 8, "maxLength": 64],
                ]
            ],
            "securitySchemes": [
                "session": [
                    "type": "http", "scheme": "bearer",
                    "description": "A member's access token, as POST /v1/auth/login answers it, or an API key.",
                ],
                "customer": [
                    "type": "http", "scheme": "bearer",
                    "description":
                        "A customer's token, as POST /v1/customers/{id}/tokens or POST /v1/auth/customers answers it.",
                ],
                "operator": [
                    "type": "http", "scheme": "bearer",
                    "description": "An operator's token, as `romashka token operator` makes it.",
                ],
            ],
        ]
    }

    /// The headers of every answer.
    static let headers: JSONValue = ["X-Request-Id": ["$ref": "#/components/headers/RequestId"]]

    /// A reference to the object of a request.
    mutating func request(_ schema: Schema, in tag: String) -> JSONValue {
        let definition = JSONSchema.request(schema) { request($0, in: tag) }
        return note(schema.name, definition, in: tag)
    }

    /// A reference to the object of an answer.
    mutating func answer(_ schema: Schema, in tag: String) -> JSONValue {
        let definition = JSONSchema.answer(schema) { answer($0, in: tag) }
        return note(schema.name, definition, in: tag)
    }

    /// A reference to a page of a list.
    mutating func page(of schema: Schema, in tag: String) -> JSONValue {
        let definition: JSONValue = [
            "type": "object",
            "properties": [
                "data": ["type": "array", "items": answer(schema, in: tag)],
                "next_cursor": ["type": ["string", "null"], "description": "Null on the last page."],
            ],
            "required": ["data", "next_cursor"],
        ]
        return note(schema.name + "Page", definition, in: tag)
    }

    /// A reference to the answer of a problem.
    mutating func problem(_ status: Int) -> JSONValue {
        problems.insert(status)
        return ["$ref": .string("#/components/responses/\(ProblemCatalogue.name(of: status))")]
    }

    /// Another schema of the same name, as another plugin may have, gets its tag in front, then a number behind.
    private mutating func note(_ name: String, _ definition: JSONValue, in tag: String) -> JSONValue {
        let prefixed = "\(tag).\(name)"
        var candidates = [name, prefixed][...]
        var number = 2
        while true {
            if candidates.isEmpty {
                candidates.append("\(prefixed)\(number)")
                number += 1
            }
            let candidate = candidates.removeFirst()
            let known = (schemas + ProblemCatalogue.schemas).first { $0.name == candidate }
            if known == nil { schemas.append(.init(candidate, definition)) }
            if known == nil || known?.value == definition {
                return ["$ref": .string("#/components/schemas/\(candidate)")]
            }
        }
    }
}
