import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// What is said of presence and typing, when there is much of it.
@Suite("Event stream: whispers", .timeLimit(.minutes(5)))
struct EventWhisperTests {
    @Test("However much one tenant says of presence, another one's is heard at once, and all of its own in the end")
    func crowdOfWhispers() async throws {
        try await EventSite.with { site in
            let globex = try await site.test.tenant("globex")
            var ours = try await site.listen()
            var theirs = try await site.listen(token: globex.token)
            try await site.test.database.asSuperuser { admin in
                for (tenant, count) in [(site.tenant, 2500), (globex, 1)] {
                    try await admin.run(
                        """
                        INSERT INTO core.ephemeral_events (
                            tenant_id, id, at, type, actor_kind, actor_id, permission, data)
                        SELECT \(tenant.id), core.uuid7(), clock_timestamp(), 'presence', 'm',
                               \(tenant.session.actor.id), 'members.read', jsonb_build_object('n', n)
                        FROM generate_series(1, \(Int64(count))) AS n
                        """)
                }
            }
            #expect(try await theirs.nextEvent()?.number == 1)
            var heard: Set<Int> = []
            // A stream that lags behind may be spared some of it, but not what comes after.
            while !heard.contains(2500), let message = try await ours.nextEvent() {
                if let number = message.number { heard.insert(number) }
            }
            #expect(heard.contains(2500))
        }
    }
}
