import Foundation
import Jobs
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

@Suite("Scheduler")
struct SchedulerTests {
    private func scheduler(_ site: JobSite) -> Scheduler { Scheduler(pipeline: site.worker, logger: site.logger) }

    private func declare(_ site: JobSite, zone: String = "tenant", catchUp: String = "last", cron: String = "0 3 * * *")
        async throws
    {
        try await site.database.server.asSuperuser(database: site.database.name) { admin in
            let schedules: JSONValue = [
                [
                    "name": "nightly", "cron": .string(cron), "zone": .string(zone), "job": "knowledge.work",
                    "catch_up": .string(catchUp),
                ]
            ]
            _ = try await admin.run("SELECT core.declare_schedules(\(JobSite.module), \(schedules), false)")
        }
    }

    private func asAdmin(_ site: JobSite, _ statement: SQL) async throws -> ResultSet {
        try await site.database.server.asSuperuser(database: site.database.name) { try await $0.run(statement) }
    }

    private func date(_ text: String) throws -> Date { try Date(text, strategy: .iso8601) }

    @Test("J8: Each tenant is served in its own zone, and once, however many schedulers there are")
    func zones() async throws {
        try await JobSite.with { site in
            try await declare(site)
            _ = try await asAdmin(site, "UPDATE core.tenants SET zone = 'Asia/Tokyo' WHERE id = \(site.tenants[1])")
            let start = try date("2026-11-20T12:00:00Z")
            try await scheduler(site).enrol(now: start)
            // 18:00 UTC is 03:00 in Tokyo.
            for (now, tenants) in [
                ("2026-11-20T17:59:59Z", [TenantID]()), ("2026-11-20T18:00:01Z", [site.tenants[1]]),
                ("2026-11-21T03:00:01Z", [site.tenants[0]]),
            ] {
                let moment = try date(now)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<8 { group.addTask { _ = try await scheduler(site).fire(now: moment) } }
                    try await group.waitForAll()
                }
                let ready = try await asAdmin(site, "DELETE FROM core.jobs_ready RETURNING tenant_id, payload")
                #expect(try ready.rows.map { TenantID(try $0.get("tenant_id", as: UUID.self)) } == tenants)
            }
        }
    }

    @Test("P6: Where the module is off or the tenant suspended nothing is begun, and nothing made up for later")
    func off() async throws {
        try await JobSite.with(tenants: 3) { site in
            try await declare(site, zone: "UTC", catchUp: "all")
            try await scheduler(site).enrol(now: date("2026-11-20T12:00:00Z"))
            _ = try await asAdmin(
                site,
                """
                INSERT INTO core.tenant_modules (tenant_id, module_id, enabled)
                VALUES (\(site.tenants[0]), \(JobSite.module), false)
                """)
            _ = try await asAdmin(site, "UPDATE core.tenants SET status = 'suspended' WHERE id = \(site.tenants[1])")
            try await scheduler(site).fire(now: date("2026-11-23T04:00:00Z"))
            let ready = try await asAdmin(site, "DELETE FROM core.jobs_ready RETURNING tenant_id")
            // Three nights for the one that is on.
            #expect(
                try ready.rows.map { TenantID(try $0.get("tenant_id", as: UUID.self)) }
                    == Array(repeating: site.tenants[2], count: 3))
            _ = try await asAdmin(site, "UPDATE core.tenant_modules SET enabled = true")
            try await scheduler(site).fire(now: date("2026-11-23T05:00:00Z"))
            #expect(try await site.count("ready") == 0)
        }
    }

    @Test("J8: A schedule that cannot be kept holds up no other, and is tried again later")
    func failing() async throws {
        try await JobSite.with(tenants: 30) { site in
            try await declare(site, zone: "UTC")
            try await scheduler(site).enrol(now: date("2026-11-20T12:00:00Z"))
            _ = try await asAdmin(
                site,
                """
                ALTER TABLE core.jobs_ready
                    ADD CONSTRAINT broken CHECK (tenant_id <> \(unsafeSQL: "'\(site.tenants[7])'")) NOT VALID
                """)
            try await scheduler(site).fire(now: date("2026-11-21T03:00:10Z"))
            #expect(try await site.count("ready") == 29)
            #expect(try await scheduler(site).fire(now: date("2026-11-21T03:00:20Z")) == 0)
            _ = try await asAdmin(site, "ALTER TABLE core.jobs_ready DROP CONSTRAINT broken")
            try await scheduler(site).fire(now: date("2026-11-21T03:01:10Z"))
            #expect(try await site.count("ready") == 30)
        }
    }

    @Test("J8: While a tenant is erased the schedules of all others are kept, and its own if it stays")
    func erased() async throws {
        try await JobSite.with(tenants: 3) { site in
            try await declare(site, zone: "UTC", catchUp: "none")
            try await scheduler(site).enrol(now: date("2026-11-20T12:00:00Z"))
            let now = try date("2026-11-21T03:00:01Z")
            try await site.database.asSuperuser { admin in
                try await admin.run("BEGIN")
                try await admin.run("DELETE FROM core.schedules WHERE tenant_id = \(site.tenants[1])")
                #expect(try await scheduler(site).fire(now: now) == 2)
                #expect(try await site.count("ready") == 2)
                #expect(try await scheduler(site).fire(now: now) == 0)
                // What is no longer declared is forgotten meanwhile.
                _ = try await asAdmin(site, "DELETE FROM core.schedule_kinds")
                try await scheduler(site).enrol(now: now)
                #expect(try await site.scheduled() == 1)
                try await admin.run("ROLLBACK")
            }
            try await declare(site, zone: "UTC", catchUp: "none")
            try await scheduler(site).fire(now: now)
            #expect(try await site.count("ready") == 3)
        }
    }

    @Test("J8: A schedule that can neither be kept nor put off holds up no other")
    func stuck() async throws {
        try await JobSite.with(tenants: 30) { site in
            try await declare(site, zone: "UTC")
            try await scheduler(site).enrol(now: date("2026-11-20T12:00:00Z"))
            _ = try await asAdmin(
                site,
                """
                ALTER TABLE core.schedules ADD CONSTRAINT stuck
                    CHECK (tenant_id <> \(unsafeSQL: "'\(site.tenants[7])'") OR next_at <= '2026-11-21T03:00:00Z')
                """)
            try await scheduler(site).fire(now: date("2026-11-21T03:00:10Z"))
            #expect(try await site.count("ready") == 29)
            _ = try await asAdmin(site, "ALTER TABLE core.schedules DROP CONSTRAINT stuck")
            try await scheduler(site).fire(now: date("2026-11-21T03:00:20Z"))
            #expect(try await site.count("ready") == 30)
        }
    }

    @Test("J8: A long absence is made up for in parts that each end in time")
    func longAbsence() async throws {
        try await JobSite.with(tenants: 10) { site in
            try await declare(site, zone: "UTC", catchUp: "all", cron: "* * * * *")
            try await scheduler(site).enrol(now: date("2026-11-20T12:00:00Z"))
            var turns = 0
            // Three hours of every minute.
            while try await scheduler(site).fire(now: date("2026-11-20T15:00:00Z")) > 0, turns < 20 { turns += 1 }
            #expect(turns == 4)
            #expect(try await site.count("ready") == 10 * 180)
        }
    }

    @Test("J8: What never comes is reckoned once and not each time")
    func never() async throws {
        try await JobSite.with { site in
            try await declare(site, zone: "UTC", cron: "0 0 30 2 *")
            try await scheduler(site).enrol(now: date("2026-11-20T12:00:00Z"))
            #expect(try await site.scheduled() == 2)
            #expect(try await scheduler(site).fire(now: date("2034-11-20T12:00:00Z")) == 0)
        }
    }

    @Test("J8: Ten thousand schedules are kept at once")
    func many() async throws {
        try await JobSite.with { site in
            try await declare(site, zone: "UTC")
            try await site.database.server.asSuperuser(database: site.database.name) { admin in
                // Without the event that each tenant would begin with.
                try await admin.script(
                    """
                    SET session_replication_role = replica;
                    INSERT INTO core.tenants (id, slug, name)
                    SELECT gen_random_uuid(), 'many-' || n, 'Many' FROM generate_series(1, 10000) AS n
                    """)
            }
            for _ in 0..<6 { try await scheduler(site).enrol(now: date("2026-11-20T12:00:00Z")) }
            #expect(try await site.scheduled() == 10_002)
            while try await scheduler(site).fire(now: date("2026-11-21T03:00:01Z")) > 0 {}
            #expect(try await site.count("ready") == 10_002)
        }
    }
}

extension JobSite {
    /// How many schedules are known.
    fileprivate func scheduled() async throws -> Int {
        try await database.server.asSuperuser(database: database.name) { admin in
            try await admin.run("SELECT count(*) AS schedules FROM core.schedules").first?.get("schedules") ?? 0
        }
    }
}
