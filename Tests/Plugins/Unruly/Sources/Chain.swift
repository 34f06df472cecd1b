internal import Foundation
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
                "manner",
                .oneOf(["plain", "in_transaction", "endless", "unknown", "stalls_once", "dies_once", "reads"]),
                required: true, example: "plain"),
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
        if ["stalls_once", "dies_once", "reads"].contains(manner) {
            let known = try await call.tx.rows(
                "SELECT id FROM knowledge.knowledge_items WHERE tenant_id = \(call.tenant) AND title = \(title)")
            if manner == "reads" {
                return try Resource(["id": .string("\(ID<Written>.make())"), "title": .string("\(known.count)")])
            }
            // As most commands do: what it has done already it refuses.
            guard known.isEmpty else { throw Problem.conflict("It is written.", code: "written_already") }
            try await fail()
        }
        return try await call.tx.one(
            """
            INSERT INTO knowledge.knowledge_items (tenant_id, id, title)
            VALUES (\(call.tenant), \(ID<Written>.make()), \(title))
            RETURNING id, title
            """)
    }
}

extension Chain {
    /// Stalls or dies between what the command reads and what it writes, the first time for its key.
    private func fail() async throws {
        let mark = FileManager.default.temporaryDirectory.appendingPathComponent("romashka-chain-\(key)").path
        guard !FileManager.default.fileExists(atPath: mark) else { return }
        _ = FileManager.default.createFile(atPath: mark, contents: nil)
        if manner == "dies_once" { fatalError("between two transactions") }
        try await Task.sleep(for: .seconds(30))
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
