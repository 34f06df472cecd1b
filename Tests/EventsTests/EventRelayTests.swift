import Foundation
@_spi(Kernel) import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

@testable import Events

@Suite("EventRelay", .timeLimit(.minutes(15)))
struct EventRelayTests {
    /// An event as a kernel's own transaction tells of it.
    private static func telling(_ tenant: TenantID) -> SQL {
        """
        INSERT INTO core.events (tenant_id, id, type, version, module, actor_kind, actor_id, subject, data, root, depth)
        VALUES (\(tenant), core.uuid7(), 'item.created', 1::int2, 'core', 's', core.uuid7(), core.uuid7(), '{}',
                core.uuid7(), 0::int2)
        """
    }

    @Test("Numbers are dense for each tenant while many commit at once and two relays are at it")
    func dense() async throws {
        try await EventSite.with { site in
            let relay = site.relay()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<8 {
                    group.addTask { for _ in 0..<50 { try await site.tell(site.tenants[writer % 2]) } }
                }
                for _ in 0..<2 {
                    group.addTask { for _ in 0..<100 { try await relay.number() } }
                }
                try await group.waitForAll()
            }
            try await site.numberAll(relay)
            for tenant in site.tenants {
                // The first is that of the tenant itself.
                #expect(try await site.numbers(of: tenant).sorted() == Array(1...201))
            }
        }
    }

    @Test(
        "While a tenant is erased the events of others are numbered, and none of its own stays behind",
        arguments: [true, false])
    func erased(isNumbered: Bool) async throws {
        try await EventSite.with { site in
            let (gone, kept) = (site.tenants[0], site.tenants[1])
            let relay = site.relay()
            if isNumbered { #expect(try await relay.number() == 2) }
            for tenant in site.tenants { try await site.tell(tenant) }
            try await site.database.asSuperuser { admin in
                try await admin.run("BEGIN")
                try await admin.run("SELECT core.erase_tenant(\(gone))")
                // Somebody was still at it.
                try await site.tell(gone)
                #expect(try await relay.number() == (isNumbered ? 1 : 2))
                #expect(try await site.numbers(of: kept) == [1, 2])
                #expect(try await relay.number() == 0)
                try await admin.run("COMMIT")
            }
            #expect(try await site.relay().number() == 0)
            #expect(try await site.numbers(of: gone).isEmpty)
            try await site.database.asSuperuser { admin in
                let heads = try await admin.run("SELECT FROM core.event_heads WHERE tenant_id = \(gone)")
                #expect(heads.isEmpty)
            }
        }
    }

    @Test("A tenant whose erasure is taken back has its events numbered like all others")
    func kept() async throws {
        try await EventSite.with { site in
            let relay = site.relay()
            #expect(try await relay.number() == 2)
            for tenant in site.tenants { try await site.tell(tenant) }
            try await site.database.asSuperuser { admin in
                try await admin.run("BEGIN")
                try await admin.run("SELECT core.erase_tenant(\(site.tenants[0]))")
                #expect(try await relay.number() == 1)
                try await admin.run("ROLLBACK")
            }
            #expect(try await site.relay().number() == 1)
            for tenant in site.tenants { #expect(try await site.numbers(of: tenant) == [1, 2]) }
        }
    }

    @Test("Of one millisecond all events are numbered together, in the order they were told in")
    func cut() async throws {
        try await EventSite.with(tenants: 1) { site in
            try await site.database.asSuperuser { admin in
                // Their ids run backwards, which is as likely as any other order where PostgreSQL makes them by chance.
                _ = try await admin.run(
                    """
                    INSERT INTO core.events (
                        tenant_id, id, at, type, version, module, actor_kind, actor_id, subject, data, root, depth)
                    SELECT \(site.tenants[0]),
                           (left(core.uuid_floor(now())::text, 13) || '-7000-8000-'
                               || lpad(to_hex(9999 - n), 12, '0'))::uuid,
                           now() + make_interval(secs => n / 1000000.0), 'item.created', 1::int2, 'core', 's',
                           core.uuid7(), core.uuid7(), '{}', core.uuid7(), 0::int2
                    FROM generate_series(1, 2100) AS n
                    """)
            }
            #expect(try await site.relay().number() == 2101)
            #expect(try await site.numbers(of: site.tenants[0]) == Array(1...2101))
        }
    }

    @Test("A look sees what is behind an id and of transactions since one, and servers of before see everything")
    func looks() async throws {
        try await EventSite.with(tenants: 1) { site in
            let tenant = site.tenants[0]
            try await site.database.asSuperuser { admin in
                func number(_ call: SQL) async throws -> Int? {
                    try await admin.run("SELECT \(call) AS events").first?.get("events", as: Int?.self)
                }
                let next = try await admin.run("SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS next").first
                let since: String = try #require(next).get("next")
                try await admin.run(Self.telling(tenant))
                #expect(
                    try await number("(core.number_events(100, \(UUID.first), \(since)::xid8)).numbered") == 1)
                #expect(try await site.numbers(of: tenant) == [0, 1])
                #expect(try await number("(core.number_events(100, \(UUID.last), NULL)).numbered") == 0)
                #expect(try await number("core.number_events(100)") == 1)
                #expect(try await site.numbers(of: tenant) == [2, 1])
            }
        }
    }

    @Test("The events of a transaction that is open for long keep their order, though most looks pass it by")
    func long() async throws {
        try await EventSite.with { site in
            let (slow, quick) = (site.tenants[0], site.tenants[1])
            let relay = site.relay(EventHorizon(cheap: .zero, apart: .zero))
            for _ in 0..<3 { try await relay.number() }
            try await site.database.asSuperuser { admin in
                try await admin.run("BEGIN")
                try await admin.run(Self.telling(slow))
                for _ in 0..<5 {
                    try await site.tell(quick)
                    try await relay.number()
                }
                try await admin.run(Self.telling(slow))
                try await admin.run("COMMIT")
            }
            try await site.numberAll(relay)
            #expect(try await site.numbers(of: slow) == [1, 2, 3])
            #expect(try await site.numbers(of: quick) == Array(1...6))
        }
    }

    @Test("The only transaction that is open keeps its events in order, though no other has ended since it began")
    func alone() async throws {
        try await EventSite.with(tenants: 1) { site in
            let tenant = site.tenants[0]
            // By another one: what that has seen end, this one has not.
            try await site.numberAll(site.relay())
            let relay = site.relay(EventHorizon(apart: .zero))
            try await site.database.asSuperuser { admin in
                try await admin.run("BEGIN")
                // As if it were open for longer than this test is.
                try await admin.run(
                    """
                    INSERT INTO core.events (
                        tenant_id, id, at, type, version, module, actor_kind, actor_id, subject, data, root, depth)
                    VALUES (\(tenant), core.uuid_floor(now() - interval '1 minute'), now() - interval '1 minute',
                            'item.created', 1::int2, 'core', 's', core.uuid7(), core.uuid7(), '{}', core.uuid7(), 0::int2)
                    """)
                for _ in 0..<3 { try await relay.number() }
                try await admin.run(Self.telling(tenant))
                try await admin.run("COMMIT")
            }
            try await site.numberAll(relay)
            // In the middle is that of the tenant's making.
            let numbers = try await site.numbers(of: tenant)
            #expect(numbers == [2, 1, 3], "\(numbers)")
        }
    }
}
