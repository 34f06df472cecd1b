internal import PluginKit

/// A plugin that has another one do its work, in every way there is.
let plugin = Plugin {
    Post("/courier/parcels", needs: "courier.send", takes: Parcel.self, returns: Sent.self, "Have something done") {
        call, parcel in
        try await parcel.send(call)
    }
    Job("courier.deliver", takes: Parcel.self) { run, parcel in
        _ = try await run.commands.run("knowledge.write_item", parcel.input, key: parcel.key)
        // What was done stays, and the next attempt asks for it again.
        if run.attempt == 1 { throw Mishap() }
        try await run.finish([])
    }
}

/// Where the kernel enters.
@c(romashka_plugin)
public func entry() -> UnsafeMutableRawPointer { plugin.entry }

/// What is to be done, and how it is asked for.
struct Parcel: RequestPayload {
    let title: String
    let key: String
    let manner: String

    static let schema = Schema(
        "Parcel",
        [
            Field("title", .text(1...300), required: true, example: "Returns"),
            Field("key", .text(1...100), required: true, example: "one"),
            Field(
                "manner",
                .oneOf([
                    "direct", "after_commit", "rolled_back", "unknown", "undeclared", "undeclared_direct", "by_job",
                    "interrupted",
                ]),
                required: true, example: "direct"),
        ])

    init(_ record: Record) throws {
        title = try record["title"]
        key = try record["key"]
        manner = try record["manner"]
    }

    /// What the other module is given.
    var input: JSONValue {
        ["title": .string(title), "key": .string(key), "manner": manner == "interrupted" ? "dies_once" : "plain"]
    }

    func send(_ call: Call) async throws -> Resource<Sent> {
        switch manner {
        case "direct", "undeclared_direct":
            let name = manner == "direct" ? "knowledge.write_item" : "knowledge.touch_item"
            let answer = try await call.commands.run(name, input, key: key)
            return try Resource(["id": answer["id"] ?? .null])
        case "by_job":
            let json: JSONValue = ["title": .string(title), "key": .string(key), "manner": .string(manner)]
            return try await call.tx.one("SELECT \(JobRequest("courier.deliver", json).enqueuing) AS id")
        case "rolled_back":
            _ = try await call.tx.batch([asking("knowledge.write_item"), "SELECT 1 / 0"])
            return try Resource(["id": .null])
        case "unknown": return try await call.tx.one(asking("knowledge.nothing"))
        case "undeclared": return try await call.tx.one(asking("knowledge.touch_item"))
        default: return try await call.tx.one(asking("knowledge.write_item"))
        }
    }

    private func asking(_ name: String) -> SQL {
        "SELECT \(CommandRequest(name, input, key: key).enqueuing) AS id"
    }
}

/// What nobody told the kernel of.
struct Mishap: Error {}

/// What became of it: the id of what was written, or of the job.
enum Sent: Payload {
    static let schema = Schema("Sent", [Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000050")])
}
