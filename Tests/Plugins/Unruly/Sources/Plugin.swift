internal import Foundation
internal import PluginKit

/// A plugin without malice that does everything wrong.
let plugin = Plugin {
    Post("/unruly/acts", needs: "knowledge.read", takes: Act.self, returns: Outcome.self, "Misbehave") { call, act in
        try await act.touch(call)
        try await act.hold(call.tx)
        try await act.perform()
        return try Resource(["done": .bool(true)])
    }
    Post("/unruly/chains", needs: "knowledge.read", takes: Chain.self, returns: Written.self, "Ask for a command") {
        call, chain in
        try await chain.begin(call)
    }
    Post("/unruly/files", needs: "knowledge.read", takes: FileAct.self, returns: FileOutcome.self, "Use files") {
        call, act in
        try await act.perform(call)
    }
    Command("knowledge.write_item", needs: "knowledge.read", takes: Chain.self, returns: Written.self, "Write") {
        call, chain in
        try await chain.carryOut(call)
    }
    Command("knowledge.touch_item", needs: "knowledge.read", takes: Chain.self, returns: Written.self, "Touch") {
        call, chain in
        try await chain.carryOut(call)
    }
    Post("/unruly/jobs", needs: "knowledge.read", takes: Act.self, returns: Enqueued.self, "Misbehave later") {
        call, act in
        try await call.tx.one("SELECT \(JobRequest("knowledge.act", act.json).enqueuing) AS id")
    }
    Job("knowledge.act", takes: Act.self) { run, act in
        try await act.hold(run.tx)
        try await act.perform()
        // One row for each time that it is done: more than one would be one too many.
        try await run.finish([
            """
            INSERT INTO knowledge.knowledge_items (tenant_id, id, title)
            VALUES (\(run.tenant), \(ID<Enqueued>.make()), \(run.id.description))
            """
        ])
    }
    Health { throw Problem(status: 500, code: "unwell", detail: "The other end cannot be reached.") }
}

/// Where the kernel enters.
@c(romashka_plugin)
public func entry() -> UnsafeMutableRawPointer { plugin.entry }

/// What it does wrong, and for how long.
struct Act: RequestPayload {
    let kind: String
    let milliseconds: Int

    static let schema = Schema(
        "Act",
        [
            Field(
                "kind",
                .oneOf([
                    "nothing", "throw", "sleep", "block", "spin", "leak", "trap", "overflow", "read", "write", "hold",
                ]),
                required: true,
                example: "nothing"),
            Field("milliseconds", .integer(0...120_000), required: true, example: 100),
        ])

    init(_ record: Record) throws {
        kind = try record["kind"]
        milliseconds = try record["milliseconds"]
    }

    var json: JSONValue { ["kind": .string(kind), "milliseconds": .integer(Int64(milliseconds))] }

    /// Reads or writes a row, and fails then.
    func touch(_ call: Call) async throws {
        switch kind {
        case "read":
            _ = try await call.tx.rows(
                "SELECT id FROM knowledge.knowledge_items WHERE tenant_id = \(call.tenant) LIMIT 1")
        case "write":
            _ = try await call.tx.rows(
                """
                INSERT INTO knowledge.knowledge_items (tenant_id, id, title)
                VALUES (\(call.tenant), \(ID<Enqueued>.make()), 'x')
                RETURNING id
                """)
        default: return
        }
        throw Problem(status: 502, code: "elsewhere_down", detail: "The other end cannot be reached.")
    }

    /// Opens a transaction of its own, and leaves it open for as long.
    func hold(_ tx: TenantTx) async throws {
        guard kind == "hold" else { return }
        let pause = milliseconds
        try await tx.leased { tx in
            _ = try await tx.rows("SELECT 1 AS one")
            try await Task.sleep(for: .milliseconds(pause))
        }
    }

    func perform() async throws {
        switch kind {
        case "throw": throw Mishap()
        case "sleep": try await Task.sleep(for: .milliseconds(milliseconds))
        case "block": block()
        case "spin": spin(until: Date(timeIntervalSinceNow: Double(milliseconds) / 1000))
        case "leak": _ = Unmanaged.passRetained(Hoard(megabytes: milliseconds))
        case "trap": print([Int]()[milliseconds])
        case "overflow": print(dig(milliseconds))
        default: break
        }
    }

    private func block() { Thread.sleep(forTimeInterval: Double(milliseconds) / 1000) }

    private func spin(until end: Date) {
        while Date() < end {}
    }

    /// Calls itself until there is no stack left; the sum keeps the compiler from making it a loop.
    private func dig(_ depth: Int) -> Int { depth == .max ? 0 : dig(depth + 1) + depth }
}

/// What nobody told the kernel of.
struct Mishap: Error {}

/// Memory that is never given back.
final class Hoard {
    let bytes: [UInt8]

    init(megabytes: Int) { bytes = [UInt8](repeating: 1, count: megabytes << 20) }
}

/// That it came to its end.
enum Outcome: Payload {
    static let schema = Schema("Outcome", [Field("done", .boolean, example: true)])
}

/// A job that is to come.
enum Enqueued: Payload {
    static let schema = Schema(
        "Enqueued", [Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000050")])
}
