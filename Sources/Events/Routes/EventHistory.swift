internal import Foundation
internal import Identity
internal import PluginKit
internal import Postgres
internal import Tenancy

/// The events of the last day, page by page, as far as somebody may see them: the rule of `EventPolicy` as a condition.
struct EventHistory: Sendable {
    let pipeline: PipelineConnection
    let policy: EventPolicy
    let teammates: Teammates
    let retention: Duration

    func list(for call: Call) async throws -> Page<EventPayload> {
        func permissions(_ scope: Scope) -> [String] {
            call.permissions.filter { $0.value == scope }.keys.sorted()
        }
        let last = call.page.after(0, or: 0)
        let oldest = UUID.version7(at: .now().advanced(by: .zero - retention))
        let (all, team, assigned) = (permissions(.all), permissions(.team), permissions(.assigned))
        let own = call.actor.id.uuid.lowercased
        let session = TenantSession(verified: call.tenant, actor: call.actor)
        let mates = permissions(.team).isEmpty ? [] : try await teammates.of(session).map(\.description)
        let result = try await pipeline.runForCaller(
            [
                """
                SELECT id, seq, at, type, version, module, subject, conversation_id, customer_id,
                       json_build_object(
                           'kind', CASE actor_kind WHEN 'm' THEN 'member' WHEN 'k' THEN 'api_key' WHEN 'c' THEN 'customer'
                                                   WHEN 'p' THEN 'visitor' WHEN 'h' THEN 'hook' WHEN 'o' THEN 'operator'
                                                   ELSE 'system' END,
                           'id', actor_id, 'impersonator', impersonator) AS actor,
                       changes, data
                FROM core.events
                WHERE tenant_id = \(call.tenant) AND seq > \(last)
                  AND id >= \(oldest)
                  AND NOT module = ANY(\(policy.resting(call.tenant)))
                  AND (audience ->> 'permission' = ANY(\(all))
                       OR audience ->> 'permission' = ANY(\(team))
                          AND audience ->> 'assignee' = ANY(\(mates))
                       OR audience ->> 'permission' = ANY(\(assigned))
                          AND audience ->> 'assignee' = \(own))
                ORDER BY seq
                LIMIT \(call.page.fetchCount)
                """
            ], isReplayable: true)[0]
        return try Page(result, limit: call.page.limit, key: ["seq"])
    }
}
