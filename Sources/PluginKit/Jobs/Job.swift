/// Work of a module that is done after a change: at least once, in fair turns between tenants, inside the tenant's
/// session.
///
/// ```swift
/// Job("sample.remind", takes: Reminder.self) { run, reminder in
///     try await run.finish([
///         "UPDATE sample.notes SET reminded_at = now() WHERE tenant_id = \(run.tenant) AND id = \(reminder.note)"
///     ])
/// }
/// ```
/// How often it is tried and how long it may take stand in `plugin.json` under `jobs`; how long it waits in between is
/// said here.
public struct Job: Sendable {
    /// The module's name, a point, and a verb: `sample.remind`.
    public let kind: String
    /// What it is given.
    public let input: Schema
    /// How long it waits between attempts.
    public let retries: JobRetries
    /// Does it.
    @_spi(Kernel)
    public let handler: @Sendable (JobRun, JSONValue) async throws -> Void

    /// A kind of job.
    ///
    /// - Parameters:
    ///   - kind: also stands in `plugin.json`.
    ///   - retries: how long it waits before it is tried again.
    ///   - handler: throws when it could not be done: it is then tried again later, `JobRefused` excepted; a `JobRetry`
    ///     says when.
    public init<Input: RequestPayload>(
        _ kind: String, takes _: Input.Type, retries: JobRetries = .usual,
        _ handler: @escaping @Sendable (JobRun, Input) async throws -> Void
    ) {
        self.kind = kind
        self.retries = retries
        input = Input.schema
        self.handler = { run, input in try await handler(run, Input.decode(input)) }
    }
}

/// A job that no further attempt can help; it goes to the dead letters at once.
public struct JobRefused: Error {
    /// Why, for whoever looks at the dead letters.
    public let reason: String

    /// A refusal.
    public init(_ reason: String) {
        self.reason = reason
    }
}

/// A job that could not be done now and is to be tried again after a time that its handler knows, such as what another
/// server has asked for with `Retry-After`. The attempt counts; the last one makes it a dead letter all the same.
///
/// ```swift
/// guard answer.status != 429 else { throw JobRetry(after: .seconds(90), "the carrier is busy") }
/// ```
public struct JobRetry: Error {
    /// How long to wait at least; at most thirty days.
    public let pause: Duration
    /// Why, for whoever looks at the job.
    public let reason: String

    /// Another attempt after a while.
    public init(after pause: Duration, _ reason: String) {
        self.pause = pause
        self.reason = reason
    }
}

/// What the job of a subscription is given: the event it follows from.
public struct EventMessage: RequestPayload {
    /// The event's id, the same however often the job is tried.
    public let id: ID<EventSubject>
    /// Its type, such as `message.created`.
    public let type: String
    /// What it happened to.
    public let subject: ID<EventSubject>
    /// The conversation it belongs to.
    public let conversation: ID<EventSubject>?
    /// The customer it concerns.
    public let customer: ID<EventSubject>?
    /// The fields that changed, as `{field: [old, new]}`.
    public let changes: JSONValue
    /// What else it says.
    public let data: JSONValue

    /// The fields, as the kernel writes them.
    public static let schema = Schema(
        "EventMessage",
        [
            Field("event_id", .uuid, required: true, example: "0192f0c1-7a00-7000-8000-000000000040"),
            Field("type", .text(1...80), required: true, example: "message.created"),
            Field("subject", .uuid, required: true, example: "0192f0c1-7a00-7000-8000-000000000030"),
            Field("conversation_id", .uuid, nullable: true, example: "0192f0c1-7a00-7000-8000-000000000020"),
            Field("customer_id", .uuid, nullable: true, example: "0192f0c1-7a00-7000-8000-000000000010"),
            Field("changes", .json(maximumBytes: 262_144), required: true, example: [:]),
            Field("data", .json(maximumBytes: 262_144), required: true, example: [:]),
        ])

    /// Reads the fields.
    public init(_ record: Record) throws {
        id = try record["event_id"]
        type = try record["type"]
        subject = try record["subject"]
        conversation = try record["conversation_id"]
        customer = try record["customer_id"]
        changes = try record["changes"]
        data = try record["data"]
    }
}

/// What the job of a schedule is given.
public struct ScheduledRun: RequestPayload {
    /// The schedule's name in `plugin.json`.
    public let schedule: String
    /// The moment it was due, which may be long ago.
    public let dueAt: Timestamp

    /// The fields, as the kernel writes them.
    public static let schema = Schema(
        "ScheduledRun",
        [
            Field("schedule", .text(1...80), required: true, example: "nightly"),
            Field("due_at", .timestamp, required: true, example: "2026-11-21T03:15:00.000000Z"),
        ])

    /// Reads the fields.
    public init(_ record: Record) throws {
        schedule = try record["schedule"]
        dueAt = try record["due_at"]
    }
}
