/// Something that changed, told of in the transaction of the change.
///
/// It is an expression of the statement that makes the change, so that there is no event without the change:
///
/// ```swift
/// let event = Event(
///     "sample.note_created", subject: "note.id", audience: .init("sample.read"),
///     data: "jsonb_build_object('text', note.text)")
/// """
/// WITH note AS (INSERT INTO … RETURNING …)
/// SELECT …
/// FROM note
/// WHERE \(call.emitting(event)) IS NOT NULL
/// """
/// ```
public struct Event: Sendable {
    /// Its type, as `plugin.json` declares it under `events`.
    public let type: String
    /// The column with the id of what it happened to.
    public let subject: SQL
    /// The column with the conversation's id.
    public var conversation: SQL?
    /// The column with the customer's id.
    public var customer: SQL?
    /// What it says: an expression of type `jsonb`.
    public let data: SQL
    /// The fields that changed, as `{field: [old, new]}`: an expression of type `jsonb`.
    public var changes: SQL?
    /// Who may see it in a stream.
    public var audience: Audience

    /// Who may see an event.
    public struct Audience: Sendable {
        /// The permission it takes.
        public let permission: String
        /// The column with the person it is assigned to, for those whose permission reaches no further.
        public var assignee: SQL?
        /// Whether the customer it concerns may see it.
        public var isForCustomer = false

        /// Those with a permission.
        public init(_ permission: String) {
            self.permission = permission
        }

        var expression: SQL {
            let assignee: SQL = assignee ?? "NULL::uuid"
            return """
                jsonb_build_object('permission', \(permission)::text, 'customer', \(isForCustomer)::boolean,
                                   'assignee', \(assignee))
                """
        }
    }

    /// An event.
    public init(
        _ type: String, subject: SQL, conversation: SQL? = nil, customer: SQL? = nil, audience: Audience,
        changes: SQL? = nil, data: SQL
    ) {
        self.type = type
        self.subject = subject
        self.conversation = conversation
        self.customer = customer
        self.audience = audience
        self.changes = changes
        self.data = data
    }

    fileprivate func emitting(requestID: String?) -> SQL {
        let conversation: SQL = conversation ?? "NULL::uuid"
        let customer: SQL = customer ?? "NULL::uuid"
        let changes: SQL = changes ?? "'{}'::jsonb"
        var sql: SQL = """
            core.emit(\(type)::text, \(subject), \(data), \(conversation), \(customer), \(audience.expression),
                      \(changes), \(requestID)::text, \(TraceParent.current)::text)
            """
        sql.mayEnqueue = true
        return sql
    }
}

/// What an event happened to, or the event itself.
public enum EventSubject {}

extension Call {
    /// The expression that tells of an event and is its id; see `Event`.
    public func emitting(_ event: Event) -> SQL { event.emitting(requestID: request.id) }
}

extension JobRun {
    /// The expression that tells of an event and is its id; see `Event`. What caused the job caused the event.
    public func emitting(_ event: Event) -> SQL { event.emitting(requestID: nil) }
}
