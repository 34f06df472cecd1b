import Migrations
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// What a search tells besides what it finds.
@Suite("IsolationBattery: search")
struct IsolationBatterySearchTests {
    @Test(
        "A58: the order and the scores of a search stay the same, whatever words another tenant has and how many",
        arguments: IsolationGround.modes)
    func ranking(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            func write(_ titles: [String], _ tenant: IsolationTenant) async throws {
                try await ground.database.asSuperuser { admin in
                    _ = try await admin.run(
                        """
                        INSERT INTO knowledge.knowledge_items (tenant_id, id, title)
                        SELECT \(tenant.id), gen_random_uuid(), title FROM unnest(\(titles)) AS title
                        """)
                    _ = try await admin.run("ANALYZE knowledge.knowledge_items")
                }
            }
            func found() async throws -> [UInt8] {
                let search = "SELECT id::text, rank::text FROM knowledge.search_items('walrus refund', 100)"
                let outcome = try await ground.run([search], as: "knowledge", ground.b)
                #expect(outcome.refusal == nil && outcome.touched == 3, "\(outcome.message)")
                return outcome.bytes
            }
            try await write(["walrus refund", "refund of a walrus", "walrus walrus refund refund"], ground.b)
            let before = try await found()
            try await write((0..<500).map { "walrus \($0)" } + Array(repeating: "refund refund", count: 500), ground.a)
            #expect(try await found() == before)
        }
    }
}
