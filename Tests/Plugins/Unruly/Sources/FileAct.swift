import PluginKit

/// Something done with the tenant's files.
struct FileAct: RequestPayload {
    let action: String
    let id: FileID?
    let text: String?

    static let schema = Schema(
        "FileAct",
        [
            Field("action", .oneOf(["store", "read", "delete", "link"]), required: true, example: "store"),
            Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000070"),
            Field("text", .text(max: 1000), example: "from a plugin"),
        ])

    init(_ record: Record) throws {
        action = try record["action"]
        id = try record["id"]
        text = try record["text"]
    }

    func perform(_ call: Call) async throws -> Resource<FileOutcome> {
        if action == "store" {
            let stored = try await call.files.store(Array((text ?? "").utf8), name: "../note.txt")
            return try Resource(["id": .string("\(stored.id)"), "text": .string(stored.name)])
        }
        guard let id else { throw Problem.notFound }
        var answer = ""
        switch action {
        case "read": answer = String(decoding: try await call.files.read(id).bytes, as: UTF8.self)
        case "link": answer = try await call.files.link(id, expiresIn: .seconds(60))
        default: try await call.files.delete(id)
        }
        return try Resource(["id": .string("\(id)"), "text": .string(answer)])
    }
}

/// What came of it.
enum FileOutcome: Payload {
    static let schema = Schema(
        "FileOutcome",
        [
            Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000070"),
            Field("text", .text(max: 4096), example: "from a plugin"),
        ])
}
