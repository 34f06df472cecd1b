import Files
@_spi(Kernel) import PluginKit
import Testing

@testable import HTTP

@Suite("OpenAPI")
struct OpenAPITests {
    /// A type of a field and the schema that says the same.
    struct TypeCase: Sendable, CustomTestStringConvertible {
        let type: FieldType
        let schema: JSONValue
        var testDescription: String { String(decoding: schema.encoded(), as: UTF8.self) }

        init(_ type: FieldType, _ schema: JSONValue) {
            self.type = type
            self.schema = schema
        }
    }

    @Test(
        "a schema has the bounds of its field",
        arguments: [
            TypeCase(.uuid, ["type": "string", "format": "uuid"]), TypeCase(.boolean, ["type": "boolean"]),
            TypeCase(.integer(1...5), ["type": "integer", "format": "int64", "minimum": 1, "maximum": 5]),
            TypeCase(.number, ["type": "number"]),
            TypeCase(.text(2...9), ["type": "string", "minLength": 2, "maxLength": 9, "pattern": "^[^\\u0000]*$"]),
            TypeCase(.text(max: 9), ["type": "string", "maxLength": 9, "pattern": "^[^\\u0000]*$"]),
            TypeCase(
                .slug(2...9),
                ["type": "string", "minLength": 2, "maxLength": 9, "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"]),
            TypeCase(.email, ["type": "string", "format": "email", "maxLength": 254]),
            TypeCase(.oneOf(["a", "b"]), ["type": "string", "enum": ["a", "b"]]),
            TypeCase(.timestamp, ["type": "string", "format": "date-time"]),
            TypeCase(
                .json(maximumBytes: 99), ["type": "object", "description": "Any object of at most 99 bytes."]),
            TypeCase(
                .array(.boolean, 1...3), ["type": "array", "items": ["type": "boolean"], "minItems": 1, "maxItems": 3]),
            TypeCase(.object(Schema("Part", [])), ["$ref": "Part"]),
        ])
    func schemaHasBounds(_ given: TypeCase) {
        #expect(JSONSchema.ofValue(given.type, isRequest: true) { ["$ref": .string($0.name)] } == given.schema)
    }

    private static let fields = [
        Field("word", .oneOf(["a"]), required: true, nullable: true, example: "a"),
        Field("part", .object(Schema("Part", [])), nullable: true, example: [:]),
        Field("id", .uuid, example: "x", summary: "Whose."),
    ]

    @Test("null is a type more, and the word null a choice more")
    func nullableFields() {
        let schema = JSONSchema.request(Schema("S", Self.fields)) { ["$ref": .string($0.name)] }
        #expect(schema["properties"]?["word"] == ["type": ["string", "null"], "enum": ["a", nil]])
        #expect(schema["properties"]?["part"] == ["anyOf": [["$ref": "Part"], ["type": "null"]]])
        #expect(schema["properties"]?["id"] == ["type": "string", "format": "uuid", "description": "Whose."])
    }

    @Test("a request has no other fields, an answer has them all")
    func requestsAndAnswers() {
        let schema = Schema("S", Self.fields)
        let request = JSONSchema.request(schema) { ["$ref": .string($0.name)] }
        #expect(request["required"] == ["word"] && request["additionalProperties"] == false)
        let answer = JSONSchema.answer(schema) { ["$ref": .string($0.name)] }
        #expect(answer["required"] == ["word", "part", "id"] && answer["additionalProperties"] == nil)
    }

    @Test("what must hold between fields is part of the schema")
    func rules() {
        let schema = Schema("S", Self.fields, rules: [.atLeastOne(["word", "id"]), .exactlyOne(["part", "id"])])
        let request = JSONSchema.request(schema) { ["$ref": .string($0.name)] }
        let given: JSONValue = ["required": ["word"], "properties": ["word": ["not": ["type": "null"]]]]
        #expect(request["allOf"]?.array?.first == ["anyOf": [given, ["required": ["id"]]]])
        #expect(request["allOf"]?.array?.last?["oneOf"]?.array?.count == 2)
        #expect(schema.example["id"] == nil && schema.example["part"] == [:])
    }

    @Test("operations that differ in a hyphen only keep names of their own")
    func namesAreUnique() {
        let document = OpenAPI.document(
            of: [
                SampleRoute.mounted("GET", "/a-b/{id}"), SampleRoute.mounted("GET", "/a_b/{id}"),
                SampleRoute.mounted("GET", "/a/b/by/id"),
            ], version: "1")
        let names = ["/a-b/{id}", "/a_b/{id}", "/a/b/by/id"].map {
            document["paths"]?["/v1\($0)"]?["get"]?["operationId"]
        }
        #expect(names == ["getABById", "getABById2", "getABById3"])
    }

    @Test("schemas of one name do not mix; the later one has its tag in front")
    func schemasDoNotMix() {
        var components = Components()
        let one = Schema("Item", [Field("a", .boolean, example: true)])
        let other = Schema("Item", [Field("b", .boolean, example: true)])
        #expect(components.answer(one, in: "x") == ["$ref": "#/components/schemas/Item"])
        #expect(components.answer(one, in: "y") == ["$ref": "#/components/schemas/Item"])
        #expect(components.answer(other, in: "y") == ["$ref": "#/components/schemas/y.Item"])
        #expect(components.request(other, in: "y") == ["$ref": "#/components/schemas/y.Item2"])
        #expect(components.answer(Schema("Problem", []), in: "y") == ["$ref": "#/components/schemas/y.Problem"])
        #expect(components.json["schemas"]?["y.Item"]?["properties"]?["b"] != nil)
    }

    /// A route and the statuses of its problems.
    struct ProblemCase: Sendable, CustomTestStringConvertible {
        let route: Route
        let statuses: [Int]
        var testDescription: String { "\(route.method) \(route.path)" }
    }

    private static func route(_ method: String, _ path: String, _ access: Route.Access) -> Route {
        .request(method, path, access, returns: SampleRoute.self, "Nothing") { _ in throw Problem.notFound }
    }

    @Test(
        "problems follow from who may call and what is taken",
        arguments: [
            ProblemCase(route: route("GET", "/a", .public), statuses: [400, 422, 429, 503]),
            ProblemCase(route: route("GET", "/a", .operator), statuses: [400, 401, 422, 429, 503]),
            ProblemCase(route: route("GET", "/a", .session), statuses: [400, 401, 403, 422, 429, 503]),
            ProblemCase(route: route("POST", "/a", .session), statuses: [400, 401, 403, 409, 422, 429, 503]),
            ProblemCase(route: route("GET", "/a/{id}", .operator), statuses: [400, 401, 404, 422, 429, 503]),
            ProblemCase(route: route("GET", "/a", .public).answering(410, 429), statuses: [400, 410, 422, 429, 503]),
            ProblemCase(
                route: Route.request("POST", "/a", .operator, takes: SampleInput.self, returns: SampleRoute.self, "x") {
                    _, _ in throw Problem.notFound
                }, statuses: [400, 401, 409, 413, 415, 422, 429, 503]),
        ])
    func problemsFollow(_ given: ProblemCase) {
        #expect(Operation(MountedRoute(given.route, module: nil)).problems == given.statuses)
    }

    @Test("a body and an answer of any kind are bytes in the document, and a range is an answer too")
    func bytes() {
        let upload = Route.upload("/a", .session, query: [], returns: SampleRoute.self, "x") { _, _ in
            throw Problem.notFound
        }
        let download = Route.download("/a", .session, "x") { _ in throw Problem.notFound }
        let document = OpenAPI.document(
            of: [upload, download].map { MountedRoute($0, module: nil) }, version: "1")
        let path = document["paths"]?["/v1/a"]
        let bytes: JSONValue = ["schema": ["type": "string", "format": "binary"]]
        #expect(path?["post"]?["requestBody"]?["content"] == ["application/octet-stream": bytes])
        for status in ["200", "206"] {
            let content = path?["get"]?["responses"]?[status]?["content"]
            #expect(content?.members?.map(\.name) == ContentType.all)
            #expect(content?["image/png"] == bytes)
        }
        #expect(path?["get"]?["responses"]?["416"] != nil)
    }

    @Test("what holds for all operations is said once, in words")
    func words() {
        let words = OpenAPI.document(of: [], version: "1")["info"]?["description"]?.string ?? ""
        for word in ["/v1/auth/refresh", "Idempotency-Key", "If-None-Match", "Retry-After", "next_cursor"] {
            #expect(words.contains(word), "\(word)")
        }
    }

    @Test("the stream is for members and customers")
    func streamIsForCustomersToo() {
        let document = OpenAPI.document(of: [], version: "1")
        let operation = document["paths"]?["/v1/events/stream"]?["get"]
        #expect(operation?["security"] == [["session": []], ["customer": []]])
        #expect(DocumentPage(document).html.text.contains("For any session, and for a customer&#39;s own token."))
    }

    @Test("what a link leads to stands beside the API, and not below it")
    func roots() {
        let route = Route.publicDownload("/files/{token}", "x") { _ in throw Problem.notFound }
        #expect(MountedRoute(route, module: nil, root: "").path == "/files/{token}")
        #expect(MountedRoute(route, module: nil).path == "/v1/files/{token}")
    }

    @Test("a parameter of a path is a UUID unless the route says otherwise")
    func pathParameters() {
        let route = Self.route("GET", "/a/{id}/b/{name}", .public).with(parameters: [
            Field("name", .text(1...5), example: "x")
        ])
        let parameters = Operation(MountedRoute(route, module: nil)).parameters
        #expect(parameters.map(\.name) == ["id", "name"])
        if case .uuid? = parameters.first?.type {} else { Issue.record("id is no UUID") }
        #expect(parameters.last?.example == "x")
    }
}

/// A body with one word.
private struct SampleInput: RequestPayload {
    static let schema = Schema("SampleInput", [Field("word", .text(1...5), required: true, example: "it's")])

    init(_ record: Record) throws {}
}
