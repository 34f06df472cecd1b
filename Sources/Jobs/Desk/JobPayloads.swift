package import PluginKit

/// A job as people see it.
package enum JobPayload: Payload {
    package static let schema = Schema("Job", fields)

    static let states = ["waiting", "ready", "running", "dead", "succeeded", "cancelled"]

    static let fields = [
        Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000050"),
        Field("state", .oneOf(states), example: "dead"),
        Field("module", .text(1...40), example: "knowledge"),
        Field("kind", .text(1...80), example: "knowledge.suggest"),
        Field("attempt", .integer(0...100), example: 3, summary: "How many attempts have counted."),
        Field("enqueued_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
        Field(
            "run_at", .timestamp, nullable: true, example: nil,
            summary: "When the next attempt may begin; null while another job of the chain is before it."),
        Field("finished_at", .timestamp, nullable: true, example: "2026-11-21T09:00:00.000000Z"),
        Field("last_error", .text(max: 100), nullable: true, example: "timeout"),
    ]
}

/// A job with everything that is known of it.
package enum JobDetail: Payload {
    package static let schema = Schema(
        "JobDetail",
        JobPayload.fields + [
            Field("payload", .json(maximumBytes: 262_144), example: ["schedule": "prune"]),
            Field(
                "failures", .array(.object(failure), 0...100), example: [],
                summary: "What went wrong in each attempt, the newest last."),
            Field("root", .uuid, example: "0192f0c1-7a00-7000-8000-000000000040", summary: "What began it all."),
            Field("depth", .integer(0...1000), example: 1, summary: "Events and jobs between the root and this."),
        ])

    private static let failure = Schema(
        "JobFailure",
        [
            Field("attempt", .integer(0...100), example: 1),
            Field("at", .text(max: 40), example: "2026-11-21T09:00:00.000000+00:00"),
            Field("code", .text(max: 100), example: "timeout"),
            Field("error", .text(max: 2000), example: "it took longer than it may"),
            Field("worker", .uuid, example: "0192f0c1-7a00-7000-8000-000000000060"),
        ])
}

/// How a module's jobs stand with one tenant.
package enum LanePayload: Payload {
    package static let schema = Schema(
        "JobLane",
        [
            Field("module", .text(1...40), example: "knowledge"),
            Field("tenant_id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000001"),
            Field("ready", .integer(0...1_000_000_000), example: 12),
            Field("oldest_ready_at", .timestamp, nullable: true, example: "2026-11-21T09:00:00.000000Z"),
            Field("running", .integer(0...1_000_000_000), example: 3),
            Field("waiting", .integer(0...1_000_000_000), example: 0),
            Field("dead", .integer(0...1_000_000_000), example: 1),
        ])
}

/// Which dead letters to run again.
package struct Redrive: RequestPayload {
    let module: String?
    let kind: String?
    let code: String?

    package static let schema = Schema(
        "JobRedrive",
        [
            Field("module", .text(2...31), example: "knowledge"),
            Field("kind", .text(3...80), example: "knowledge.suggest"),
            Field("last_error", .text(1...100), example: "timeout"),
        ])

    package init(_ record: Record) throws {
        module = try record["module"]
        kind = try record["kind"]
        code = try record["last_error"]
    }

    package init(module: String?, kind: String?, code: String?) {
        self.module = module
        self.kind = kind
        self.code = code
    }
}

/// How many jobs are run again.
package enum Redriven: Payload {
    package static let schema = Schema("JobsRedriven", [Field("jobs", .integer(0...1_000_000_000), example: 3)])
}
