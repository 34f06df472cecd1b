import Migrations
import PluginKit
import Postgres
import TestKit
import Testing

@testable import Events

@Suite("EventHistory")
struct EventHistoryTests {
    /// A tenant with 3,000 events of three days ago, and three of now.
    private static func with(_ body: (TestDatabase, TenantID) async throws -> Void) async throws {
        let template = try await TemplateDatabase.name(mode: .privileged)
        try await TestDatabase.with(template: template) { database in
            let tenant = TenantID.make()
            try await database.asSuperuser { admin in
                for (numbers, moment) in [(1...3000, "now() - interval '3 days'"), (3001...3003, "now()")] {
                    try await admin.run(
                        """
                        INSERT INTO core.events (
                            tenant_id, id, seq, type, version, module, actor_kind, actor_id, subject, data, root, depth)
                        SELECT \(tenant), core.uuid_floor(\(unsafeSQL: moment) + n * interval '1 millisecond'), n,
                               'item.created', 1, 'knowledge', 'm', \(tenant), \(tenant), '{}', \(tenant), 0
                        FROM generate_series(\(numbers.lowerBound)::int8, \(numbers.upperBound)::int8) AS n
                        """)
                }
                try await admin.run("INSERT INTO core.event_heads (tenant_id, seq) VALUES (\(tenant), 3003)")
            }
            try await body(database, tenant)
        }
    }

    private static let yesterday = Timestamp.now().advanced(by: .seconds(-86_400))

    @Test(
        "A list begins with the first event that is young enough, or behind the last one that was seen",
        arguments: [(0, 3001), (17, 3001), (3001, 3002), (3003, nil)] as [(Int, Int?)])
    func beginning(last: Int, first: Int?) async throws {
        try await Self.with { database, tenant in
            let row = try await database.asSuperuser { admin in
                try await admin.run(EventHistory.bounding(of: tenant, after: last, since: Self.yesterday)).first
            }
            #expect(try row?.get("head", as: Int.self) == 3003)
            #expect(try row?.get("first", as: Int?.self) == first)
        }
    }

    @Test("What is older is not read to find it")
    func reading() async throws {
        try await Self.with { database, tenant in
            let plan = try await database.asSuperuser { admin in
                let statement = EventHistory.bounding(of: tenant, after: 0, since: Self.yesterday)
                return try await admin.run(
                    "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) \(statement)"
                ).rows.map { try $0.get(0, as: String.self) }
            }
            let removed = plan.filter { $0.contains("Rows Removed by Filter:") }.compactMap { line in
                line.split(separator: " ").last.flatMap { Int($0) }
            }
            #expect(removed.reduce(0, +) < 100, "\(plan.joined(separator: "\n"))")
        }
    }
}
