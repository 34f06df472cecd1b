internal import Foundation
internal import Identity
@_spi(Kernel) internal import PluginKit
internal import Postgres
internal import Tenancy

/// The events of the last day, page by page, as far as somebody may see them: the rule of `EventPolicy` as a condition.
struct EventHistory: Sendable {
    /// How many events a page looks through at most. Who may see few of them gets a page that is not full, or empty, and the
    /// next one goes on behind what was looked through.
    private static let stretch = 2000
    /// An event is numbered within this time of its making. It lets all that is older be left out.
    private static let longestTransaction: Duration = .seconds(3600)

    /// A tenant's share of them, so that nobody else's events wait for a page.
    let leases: LeasePool
    let policy: EventPolicy
    let teammates: Teammates
    let retention: Duration

    func list(for call: Call) async throws -> Page<EventPayload> {
        func permissions(_ scope: Scope) -> [String] {
            call.permissions.filter { $0.value == scope }.keys.sorted()
        }
        let oldest = Timestamp.now().advanced(by: .zero - retention)
        let (all, team, assigned) = (permissions(.all), permissions(.team), permissions(.assigned))
        let own = call.actor.id.uuid.lowercased
        let session = TenantSession(verified: call.tenant, actor: call.actor)
        let mates = permissions(.team).isEmpty ? [] : try await teammates.of(session).map(\.description)
        let last = call.page.after(0, or: 0)
        let (end, head, result) = try await leases.readForCaller(as: .worker, for: call.tenant) { lease in
            let (first, head) = try await EventHistory.bounds(of: call.tenant, after: last, since: oldest, lease)
            let end = first + EventHistory.stretch - 1
            let result = try await lease.run(
                """
                SELECT id, seq, at, type, version, module, subject, conversation_id, customer_id,
                       json_build_object(
                           'kind', CASE actor_kind WHEN 'm' THEN 'member' WHEN 'k' THEN 'api_key' WHEN 'c' THEN 'customer'
                                                   WHEN 'p' THEN 'visitor' WHEN 'h' THEN 'hook' WHEN 'o' THEN 'operator'
                                                   ELSE 'system' END,
                           'id', actor_id, 'impersonator', impersonator) AS actor,
                       changes, data
                FROM core.events
                WHERE tenant_id = \(call.tenant) AND seq BETWEEN \(first) AND \(end)
                  AND id >= \(UUID.version7(at: oldest))
                  AND NOT module = ANY(\(policy.resting(call.tenant)))
                  AND (audience ->> 'permission' = ANY(\(all))
                       OR audience ->> 'permission' = ANY(\(team))
                          AND audience ->> 'assignee' = ANY(\(mates))
                       OR audience ->> 'permission' = ANY(\(assigned))
                          AND audience ->> 'assignee' = \(own))
                ORDER BY seq
                LIMIT \(call.page.fetchCount)
                """)
            return (end, head, result)
        }
        guard result.count <= call.page.limit, end < head else {
            return try Page(result, limit: call.page.limit, key: ["seq"])
        }
        return try Page(result, goingOnBehind: [.integer(Int64(end))])
    }

    /// The number of the first event behind `last` that is young enough, and the newest number.
    private static func bounds(
        of tenant: TenantID, after last: Int, since oldest: Timestamp, _ lease: Lease
    ) async throws -> (first: Int, head: Int) {
        let row = try await lease.run(bounding(of: tenant, after: last, since: oldest)).first
        let head: Int = try row?.get("head", as: Int?.self) ?? 0
        return (try row?.get("first", as: Int?.self) ?? head + 1, head)
    }

    /// The statement that finds both. Events are read by their numbers, which say nothing of their age: it begins behind one
    /// that was found by its age and is certainly too old, so that not all that a tenant has is read for the first page.
    static func bounding(of tenant: TenantID, after last: Int, since oldest: Timestamp) -> SQL {
        let before = oldest.advanced(by: .zero - longestTransaction)
        return """
            SELECT (SELECT h.seq FROM core.event_heads AS h WHERE h.tenant_id = \(tenant)) AS head,
                   (SELECT e.seq
                    FROM core.events AS e
                    WHERE e.tenant_id = \(tenant) AND e.id >= \(UUID.version7(at: oldest))
                      AND e.seq > GREATEST(\(last), (
                          SELECT older.seq
                          FROM core.events AS older
                          WHERE older.tenant_id = \(tenant) AND older.id < \(UUID.version7(at: before))
                            AND older.seq IS NOT NULL
                          ORDER BY older.id DESC
                          LIMIT 1))
                    ORDER BY e.seq
                    LIMIT 1) AS first
            """
    }
}
