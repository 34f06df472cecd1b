internal import Foundation
internal import Observability
internal import PluginKit
internal import Postgres
internal import Tenancy

/// Reads events for streams.
struct EventReader: Sendable {
    /// How many events one look takes.
    static let pageSize = 128
    /// How many bytes of events one look of a feed takes: so few that a stream which keeps up finds all of them kept.
    static let feedBytes = 1 << 19
    /// How many bytes of events a stream takes at once that reads for itself: about what it takes from a feed.
    static let streamBytes = 1 << 16
    /// How many whispers one statement clears away: so few that it always ends in time.
    static let clearedAtOnce = 5000
    /// An event is numbered within this time of its making. It lets the older partitions be left out.
    private static let longestTransaction: Duration = .seconds(86_400)

    let pipeline: PipelineConnection
    let positions: EventPositions
    let retention: Duration
    /// Counts statements.
    let queries: Counter

    /// The newest number of a tenant.
    func head(of tenant: TenantID) async throws -> Int64 {
        queries.add()
        let result = try await pipeline.runForCaller(
            ["SELECT seq FROM core.event_heads WHERE tenant_id = \(tenant)"], isReplayable: true)[0]
        return try result.first?.get("seq") ?? 0
    }

    /// Those of the tenants whose newest number is greater than what is known.
    func tenants(ahead known: [(tenant: TenantID, seq: Int64)]) async throws -> [TenantID] {
        queries.add()
        let result = try await pipeline.run(
            [
                """
                SELECT h.tenant_id
                FROM unnest(\(known.map(\.tenant)), \(known.map(\.seq))) AS known (tenant_id, seq)
                JOIN core.event_heads AS h ON h.tenant_id = known.tenant_id
                WHERE h.seq > known.seq
                """
            ], isReplayable: true)[0]
        return try result.rows.map { try $0.get("tenant_id") }
    }

    /// The events of a tenant that follow a number, at most a page of so many bytes but at least one event.
    ///
    /// How large one is the server knows only once it has read all of it, so they are taken one by one, and of a page that
    /// is full one more is read than is sent.
    func page(
        of tenant: TenantID, after seq: Int64, upTo bytes: Int = EventReader.feedBytes
    ) async throws -> [StreamedEvent] {
        queries.add()
        let oldest = UUID.version7(at: .now().advanced(by: .zero - retention - EventReader.longestTransaction))
        let result = try await pipeline.runForCaller(
            [
                """
                WITH RECURSIVE page AS (
                    SELECT head.*, head.bytes AS total, 1 AS place
                    FROM (\(EventReader.next(of: tenant, after: "\(seq)", since: oldest))) AS head
                    UNION ALL
                    SELECT later.*, page.total + later.bytes, page.place + 1
                    FROM page
                    CROSS JOIN LATERAL (\(EventReader.next(of: tenant, after: "page.seq", since: oldest))) AS later
                    WHERE page.place < \(EventReader.pageSize) AND page.total + later.bytes <= \(bytes)
                )
                SELECT \(EventReader.columns)
                FROM page
                ORDER BY seq
                """
            ], isReplayable: true)[0]
        return try result.rows.map { try event($0, of: tenant) }
    }

    /// What is told of an event.
    private static let columns: SQL = """
        seq, id, at, type, version, module, actor_kind, actor_id, impersonator, subject, conversation_id, customer_id,
        audience, changes, data
        """

    /// The first event of a tenant behind a number, with the bytes of what it tells.
    private static func next(of tenant: TenantID, after seq: SQL, since oldest: UUID) -> SQL {
        """
        SELECT \(columns), octet_length(changes::text)::int8 + octet_length(data::text) AS bytes
        FROM core.events
        WHERE tenant_id = \(tenant) AND seq > \(seq) AND id >= \(oldest)
        ORDER BY seq
        LIMIT 1
        """
    }

    /// What was said of presence and typing behind positions, of each tenant at most a page, so that none silences others.
    func whispers(after positions: [(tenant: TenantID, at: Timestamp, id: UUID)]) async throws -> [Whisper] {
        queries.add()
        let result = try await pipeline.run(
            [
                """
                SELECT said.tenant_id, said.id, said.at, said.type, said.actor_kind, said.actor_id,
                       said.conversation_id, said.permission, said.data
                FROM unnest(\(positions.map(\.tenant)), \(positions.map(\.at)), \(positions.map(\.id)))
                    AS known (tenant_id, at, id)
                CROSS JOIN LATERAL (
                    SELECT e.*
                    FROM core.ephemeral_events AS e
                    WHERE e.tenant_id = known.tenant_id AND (e.at, e.id) > (known.at, known.id)
                    ORDER BY e.at, e.id
                    LIMIT \(WhisperEar.pageSize)
                ) AS said
                ORDER BY said.tenant_id, said.at, said.id
                """
            ], isReplayable: true)[0]
        return try result.rows.map(Whisper.init)
    }

    /// Clears away some of what was said more than a minute ago, by the clock that it was said at.
    ///
    /// - Returns: whether there may be more.
    func clearWhispers() async throws -> Bool {
        let result = try await pipeline.run([
            """
            DELETE FROM core.ephemeral_events
            WHERE ctid = ANY (ARRAY(
                SELECT e.ctid
                FROM core.ephemeral_events AS e
                WHERE e.at < statement_timestamp() - interval '60 seconds'
                ORDER BY e.at
                LIMIT \(EventReader.clearedAtOnce)))
            """
        ])[0]
        return result.affected == EventReader.clearedAtOnce
    }

    private func event(_ row: Row, of tenant: TenantID) throws -> StreamedEvent {
        let seq = try row.get("seq", as: Int64.self)
        let type = try row.get("type", as: String.self)
        let customer = try row.get("customer_id", as: UUID?.self)
        // One that cannot be read is nobody's, and keeps nobody from the events behind it.
        let audience = EventAudience((try? row.get("audience", as: JSONValue?.self)) ?? .null)
        let position = positions.encode(seq, of: tenant)
        func message(forCustomer: Bool) throws -> [UInt8] {
            let data = try EventReader.data(of: row, forCustomer: forCustomer)
            return EventMessage.event(type, id: position, data: data)
        }
        return StreamedEvent(
            seq: seq, module: try row.get("module"), audience: audience, customer: customer,
            message: try message(forCustomer: false),
            messageForCustomer: audience.isForCustomer && customer != nil ? try message(forCustomer: true) : [])
    }

    /// An event as it is told: to a customer neither who of the tenant's people acted nor the event's number, which would
    /// say how much else happens.
    private static func data(of row: Row, forCustomer: Bool) throws -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.raw("{\"id\":")
        writer.write(try row.get("id", as: UUID.self).lowercased)
        if !forCustomer {
            writer.raw(",\"seq\":")
            writer.write(try row.get("seq", as: Int64.self))
        }
        writer.raw(",\"at\":")
        writer.write(try row.get("at", as: Timestamp.self).description)
        writer.raw(",\"type\":")
        writer.write(try row.get("type", as: String.self))
        writer.raw(",\"version\":")
        writer.write(try row.get("version", as: Int64.self))
        writer.raw(",\"module\":")
        writer.write(try row.get("module", as: String.self))
        writer.raw(",\"subject\":")
        writer.write(try row.get("subject", as: UUID.self).lowercased)
        writer.raw(",\"conversation_id\":")
        writer.write(id: try row.get("conversation_id"))
        writer.raw(",\"customer_id\":")
        writer.write(id: try row.get("customer_id"))
        writer.raw(",\"actor\":")
        if forCustomer {
            try writer.write(actorForCustomer: row)
        } else {
            try writer.write(actor: row, impersonator: try row.get("impersonator", as: UUID?.self))
        }
        writer.raw(",\"changes\":")
        writer.raw(Array(try row.get("changes", as: String.self).utf8))
        writer.raw(",\"data\":")
        writer.raw(Array(try row.get("data", as: String.self).utf8))
        writer.raw("}")
        return writer.bytes
    }
}

extension JSONWriter {
    mutating func write(id: UUID?) {
        if let id { write(id.lowercased) } else { raw("null") }
    }

    /// `{"kind", "id", "impersonator"}` from the columns of a row; the last is the operator in the actor's place.
    mutating func write(actor row: Row, impersonator: UUID?) throws {
        try write(actorBeginning: row)
        raw(",\"id\":")
        write(try row.get("actor_id", as: UUID.self).lowercased)
        raw(",\"impersonator\":")
        write(id: impersonator)
        raw("}")
    }

    /// `{"kind"}`, and the id of who is the customer.
    mutating func write(actorForCustomer row: Row) throws {
        try write(actorBeginning: row)
        let id = try row.get("actor_id", as: UUID.self)
        if try row.get("customer_id", as: UUID?.self) == id {
            raw(",\"id\":")
            write(id.lowercased)
        }
        raw("}")
    }

    private mutating func write(actorBeginning row: Row) throws {
        let letter = try row.get("actor_kind", as: String.self)
        raw("{\"kind\":")
        write(letter == "o" ? "operator" : letter.first.flatMap(Actor.Kind.init(rawValue:)).map(\.word) ?? "system")
    }
}

extension Actor.Kind {
    /// What the kind is called in events.
    fileprivate var word: String {
        switch self {
        case .member: "member"
        case .apiKey: "api_key"
        case .customer: "customer"
        case .visitor: "visitor"
        case .hook: "hook"
        case .system: "system"
        }
    }
}
