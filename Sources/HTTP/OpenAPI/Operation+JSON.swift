internal import PluginKit

extension Operation {
    /// The operation object (OpenAPI 3.1.1 §4.8.10); what it refers to is noted in `components`.
    func json(_ components: inout Components) -> JSONValue {
        JSONValue(members: [
            "operationId": .string(id),
            "tags": [.string(tag.name)],
            "summary": .string(summary),
            "description": description.isEmpty ? nil : .string(description),
            "security": security,
            "parameters": parameterList.isEmpty ? nil : .array(parameterList),
            "requestBody": requestBody(&components),
            "responses": .object(
                [.init("\(status)", success(&components))] + others(&components) + problemResponses(&components)),
        ])
    }

    private func requestBody(_ components: inout Components) -> JSONValue? {
        if takesRawBody {
            let content = JSONValue.object(mediaTypes.map { .init($0, ["schema": Operation.bytes]) })
            return ["required": true, "content": content]
        }
        return body.map { schema in
            [
                "required": true,
                "content": [
                    "application/json": [
                        "schema": components.request(schema, in: tag.name), "example": schema.example,
                    ]
                ],
            ]
        }
    }

    /// Bytes of any kind, in the form that generators of clients know.
    private static let bytes: JSONValue = ["type": "string", "format": "binary"]

    /// The answer to a request with `Range`, those without a body beside one with, and the one to who has it already.
    private func others(_ components: inout Components) -> [JSONValue.Member] {
        var others: [JSONValue.Member] =
            switch answer {
            case .download: [.init("206", success(&components))]
            case .raw: [.init("202", response(nil)), .init("204", response(nil))]
            default: []
            }
        if headers.contains(.ifNoneMatch) { others.append(.init("304", Operation.known)) }
        return others
    }

    private static let known: JSONValue = [
        "description": "The caller has the answer: If-None-Match names its ETag.", "headers": Components.headers,
    ]

    private var description: String {
        let permission = permission.map { "Needs the permission `\($0)`." }
        let key =
            refusesIdempotencyKey
            ? "Takes no `Idempotency-Key` (400 `idempotency_key_unsupported`): its answers are not kept." : nil
        return [permission, key].compactMap { $0 }.joined(separator: " ")
    }

    /// What the role of the caller must have.
    private var permission: String? {
        if case .permission(let permission) = access { permission } else { nil }
    }

    private var security: JSONValue {
        switch access {
        // The address itself is what a hook's caller knows.
        case .public, .visitor, .hook: []
        case .operator: [["operator": []]]
        case .session, .permission: isForCustomersToo ? [["session": []], ["customer": []]] : [["session": []]]
        case .customer: [["customer": []]]
        }
    }

    private var parameterList: [JSONValue] {
        parameters.map { Operation.parameter($0, in: "path", isRequired: true) }
            + query.map { Operation.parameter($0, in: "query", isRequired: $0.isRequired) }
            + headers.map(\.reference)
    }

    private static func parameter(_ field: Field, in place: String, isRequired: Bool) -> JSONValue {
        JSONValue(members: [
            "name": .string(field.name), "in": .string(place), "required": .bool(isRequired),
            "description": field.summary.isEmpty ? nil : .string(field.summary),
            // A parameter's type is one of text; objects have no form there.
            "schema": JSONSchema.ofValue(field.type, isRequest: true) { _ in ["type": "object"] },
            // Nobody can make up a cursor.
            "example": field.example == .null ? nil : field.example,
        ])
    }

    private func success(_ components: inout Components) -> JSONValue {
        switch answer {
        case .nothing: return response(nil)
        case .object(let schema):
            return response(
                ["schema": components.answer(schema, in: tag.name), "example": schema.exampleOfAnswer],
                others: showsPage ? [.init("text/html", ["schema": ["type": "string"]])] : [])
        case .list(let schema):
            return response([
                "schema": components.page(of: schema, in: tag.name),
                "example": ["data": [schema.exampleOfAnswer], "next_cursor": nil],
            ])
        case .content(let type, let schema):
            return response(["schema": schema], type: type)
        case .download(let types), .lines(let types): return Operation.bytes(of: types)
        case .raw: return Operation.bytes(of: ["application/octet-stream", "*/*"])
        }
    }

    private static func bytes(of types: [String]) -> JSONValue {
        [
            "description": "The bytes.",
            "headers": Components.headers,
            "content": .object(types.map { .init($0, ["schema": bytes]) }),
        ]
    }

    private func response(
        _ media: JSONValue?, type: String = "application/json", others: [JSONValue.Member] = []
    ) -> JSONValue {
        JSONValue(members: [
            "description": .string(status == 201 ? "Created." : media == nil ? "Done." : "The answer."),
            "headers": Components.headers,
            "content": media.map { .object([.init(type, $0)] + others) },
        ])
    }

    private func problemResponses(_ components: inout Components) -> [JSONValue.Member] {
        problems.map { status in
            // Whoever asks for a page is answered with one.
            if case .content("text/html", _) = answer, access == .visitor {
                return .init("\(status)", ProblemCatalogue.page(status))
            }
            return .init("\(status)", components.problem(status))
        }
    }
}

extension Schema {
    /// An answer with every field.
    var exampleOfAnswer: JSONValue { .object(fields.map { .init($0.name, $0.example) }) }
}
