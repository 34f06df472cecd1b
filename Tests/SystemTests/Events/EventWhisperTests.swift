import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// What is said of presence and typing, when there is much of it.
@Suite("Event stream: whispers", .timeLimit(.minutes(15)))
struct EventWhisperTests {
    /// Says so much of a tenant's presence, at one moment.
    private static func say(_ count: Int64, from first: Int64 = 1, of tenant: TestTenant, _ site: EventSite)
        async throws
    {
        try await site.test.database.asSuperuser { admin in
            _ = try await admin.run(
                """
                INSERT INTO core.ephemeral_events (tenant_id, id, at, type, actor_kind, actor_id, permission, data)
                SELECT \(tenant.id), core.uuid7(), clock_timestamp(), 'presence', 'm', \(tenant.session.actor.id),
                       'members.read', jsonb_build_object('n', n)
                FROM generate_series(\(first), \(first + count - 1)) AS n
                """)
        }
    }

    @Test("However much one tenant says of presence, another one's is heard at once, and its own goes on")
    func crowdOfWhispers() async throws {
        try await EventSite.with { site in
            let globex = try await site.test.tenant("globex")
            var ours = try await site.listen()
            var theirs = try await site.listen(token: globex.token)
            try await Self.say(2500, of: site.tenant, site)
            try await Self.say(1, of: globex, site)
            #expect(try await theirs.nextEvent()?.number == 1)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    // What is a minute old is not told any more, so a slow machine gets another one each time.
                    while !Task.isCancelled {
                        try await Self.say(1, from: 9000, of: site.tenant, site)
                        try await Task.sleep(for: .seconds(1))
                    }
                }
                var last = try await ours.nextEvent()
                while let message = last, message.number != 9000 { last = try await ours.nextEvent() }
                #expect(last?.number == 9000, "the stream ended before what was said last")
                group.cancelAll()
            }
        }
    }
}
