internal import PluginKit

/// A command, and how it is asked for.
struct Chain: RequestPayload {
    let title: String
    let key: String
    let manner: String

    static let schema = Schema(
        "Chain",
        [
            Field("title", .text(1...300), required: true, example: "Returns"),
            Field("key", .text(1...100), required: true, example: "one"),
            Field(
                "manner", .oneOf(["plain", "in_transaction", "endless", "unknown"]), required: true, example: "plain"),
        ])

    init(_ record: Record) throws {
        title = try record["title"]
        key = try record["key"]
        manner = try record["manner"]
    }

    private func json(key: String) -> JSONValue {
        ["title": .string(title), "key": .string(key), "manner": .string(manner)]
    }

    /// Asks for the command.
    func begin(_ call: Call) async throws -> Resource<Written> {
        let name = manner == "unknown" ? "knowledge.nothing" : "knowledge.write_item"
        if manner == "in_transaction" {
            let answer = try await call.tx.leased { _ in try await call.commands.run(name, json(key: key), key: key) }
            return try Written.resource(answer)
        }
        return try Written.resource(try await call.commands.run(name, json(key: key), key: key))
    }

    /// The command itself; an endless one asks for itself under ever new keys.
    func carryOut(_ call: Call) async throws -> Resource<Written> {
        if manner == "endless" {
            return try Written.resource(
                try await call.commands.run("knowledge.write_item", json(key: key + "x"), key: key + "x"))
        }
        return try await call.tx.one(
            """
            INSERT INTO knowledge.knowledge_items (tenant_id, id, title)
            VALUES (\(call.tenant), \(ID<Written>.make()), \(title))
            RETURNING id, title
            """)
    }
}

/// What a command wrote.
enum Written: Payload {
    static let schema = Schema(
        "Written",
        [
            Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000040"),
            Field("title", .text(max: 300), example: "Returns"),
        ])

    static func resource(_ answer: JSONValue) throws -> Resource<Written> {
        try Resource(["id": answer["id"] ?? .null, "title": answer["title"] ?? .null])
    }
}
