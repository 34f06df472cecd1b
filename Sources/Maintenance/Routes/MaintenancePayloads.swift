package import PluginKit

/// A task that is done by the clock.
package enum MaintenanceTaskPayload: Payload {
    package static let schema = Schema(
        "MaintenanceTask",
        [
            Field("name", .oneOf(MaintenanceTask.allCases.map(\.rawValue)), example: "maintenance"),
            Field("every_seconds", .integer(60...31_536_000), example: 3600),
            Field("next_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
            Field("is_running", .boolean, nullable: true, example: false),
            Field(
                "is_attended", .boolean, example: true,
                summary: "Whether a process does it: backups are made by `romashka up` for its own server."),
            Field("last_started_at", .timestamp, nullable: true, example: "2026-11-21T08:00:00.000000Z"),
            Field("last_outcome", .oneOf(outcomes), nullable: true, example: "succeeded"),
            Field("last_error", .text(max: 2000), nullable: true, example: nil),
        ])

    static let outcomes = ["succeeded", "failed", "lost"]

    /// The parameter of a path.
    static let name = Field(
        "id", .oneOf(MaintenanceTask.allCases.map(\.rawValue)), required: true, example: "maintenance",
        summary: "The task's name.")
}

/// One run of a task.
package enum MaintenanceRunPayload: Payload {
    package static let schema = Schema(
        "MaintenanceRun",
        [
            Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000070"),
            Field("task", .oneOf(MaintenanceTask.allCases.map(\.rawValue)), example: "maintenance"),
            Field("host", .text(1...255), example: "support-1"),
            Field("started_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
            Field("ended_at", .timestamp, nullable: true, example: "2026-11-21T09:00:01.000000Z"),
            Field("outcome", .oneOf(MaintenanceTaskPayload.outcomes), nullable: true, example: "succeeded"),
            Field(
                "detail", .json(maximumBytes: 65_536), example: ["partitions_made": 1],
                summary: "What was done, in numbers."),
            Field("error", .text(max: 2000), nullable: true, example: nil),
        ])
}

/// How the installation is.
package enum SystemHealthPayload: Payload {
    package static let schema = Schema(
        "SystemHealth",
        [
            Field("status", .oneOf(["ok", "warning", "critical"]), example: "ok"),
            Field(
                "findings", .array(.object(finding), 0...100), example: [],
                summary: "What somebody should look at, the worst first."),
            Field(
                "measures", .json(maximumBytes: 262_144), example: ["database_bytes": 52_428_800],
                summary: "What was measured: connections, slow and blocked statements, events, jobs, tasks."),
        ])

    private static let finding = Schema(
        "HealthFinding",
        [
            Field("code", .text(1...80), example: "jobs_dead"),
            Field("severity", .oneOf(["warning", "critical"]), example: "warning"),
            Field("detail", .text(1...500), example: "3 jobs are dead."),
        ])
}
