/// A job to be enqueued, in the transaction of the change that asks for it: rolled back, there never was a job.
///
/// ```swift
/// try await call.tx.batch([change, "SELECT \(JobRequest("sample.remind", ["note": id]).enqueuing)"])
/// ```
public struct JobRequest: Sendable {
    /// One of the module's own kinds.
    public let kind: String
    /// What the job is given.
    public let input: JSONValue
    /// Not before this; nil for at once.
    public var runAt: Timestamp?
    /// 0 goes first, 9 last, among the jobs of one tenant and module.
    public var priority = 5
    /// Jobs of one chain run one after the other, in the order of their commits, a failed one before those behind it.
    public var chain: String?
    /// A second job under this key is not enqueued: until the first is done or, with `uniqueFor`, for so long.
    public var uniqueKey: String?
    /// How long the key is held, done or not.
    public var uniqueFor: Duration?
    /// Whether a job that still waits under the key takes this input and time instead, so that the last of many
    /// requests wins.
    public var replacesWaiting = false

    /// A job for as soon as possible.
    public init(_ kind: String, _ input: JSONValue) {
        self.kind = kind
        self.input = input
    }

    /// The expression that enqueues it and is the job's id, or that of the job which has its key already.
    public var enqueuing: SQL {
        let seconds = uniqueFor.map { $0 / .seconds(1) }
        var sql: SQL = """
            core.enqueue(\(kind), \(input)::jsonb, \(runAt)::timestamptz, \(priority)::int4, \(chain)::text,
                         \(uniqueKey)::text, make_interval(secs => \(seconds)::float8), \(replacesWaiting),
                         \(TraceParent.current)::text)
            """
        sql.mayEnqueue = true
        return sql
    }
}
