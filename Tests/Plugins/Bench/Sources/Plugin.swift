internal import PluginKit

/// What the bench of jobs measures: jobs enqueued in a commit each, and run in a transaction each.
let plugin = Plugin {
    Post("/bench/floods", needs: "bench.run", takes: Flood.self, returns: Flooded.self, "Enqueue jobs") { call, flood in
        try await flood.run(call)
    }
    Job("bench.work", takes: Work.self) { run, work in
        if work.milliseconds > 0 { try await Task.sleep(for: .milliseconds(work.milliseconds)) }
        try await run.finish([
            "INSERT INTO bench.bench_effects (tenant_id, id) VALUES (\(run.tenant), \(run.id))"
        ])
    }
}

/// Where the kernel enters.
@c(romashka_plugin)
public func entry() -> UnsafeMutableRawPointer { plugin.entry }

/// So many jobs, each enqueued in a transaction of its own.
struct Flood: RequestPayload {
    let jobs: Int
    let callers: Int
    /// Jobs a second; 0 for as fast as it goes.
    let pace: Int
    let milliseconds: Int

    static let schema = Schema(
        "Flood",
        [
            Field("jobs", .integer(1...1_000_000), required: true, example: 1000),
            Field("callers", .integer(1...1000), example: 32),
            Field("pace", .integer(0...100_000), example: 0),
            Field("milliseconds", .integer(0...60_000), example: 0),
        ])

    init(_ record: Record) throws {
        jobs = try record["jobs"]
        callers = try record["callers"] ?? 32
        pace = try record["pace"] ?? 0
        milliseconds = try record["milliseconds"] ?? 0
    }

    func run(_ call: Call) async throws -> Resource<Flooded> {
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<callers {
                group.addTask {
                    for number in stride(from: caller, to: jobs, by: callers) {
                        if pace > 0 {
                            let due = start + .seconds(Double(number) / Double(pace))
                            try await Task.sleep(until: due, clock: .continuous)
                        }
                        let request = JobRequest("bench.work", ["milliseconds": .integer(Int64(milliseconds))])
                        _ = try await call.tx.rows("SELECT \(request.enqueuing) AS id")
                    }
                }
            }
            try await group.waitForAll()
        }
        return try Resource(["milliseconds": .integer(Int64(start.duration(to: .now) / .milliseconds(1)))])
    }
}

/// What a job takes besides its row.
struct Work: RequestPayload {
    let milliseconds: Int

    static let schema = Schema("Work", [Field("milliseconds", .integer(0...60_000), required: true, example: 0)])

    init(_ record: Record) throws { milliseconds = try record["milliseconds"] }
}

/// How long the enqueuing took.
enum Flooded: Payload {
    static let schema = Schema("Flooded", [Field("milliseconds", .integer(0...3_600_000), example: 900)])
}
