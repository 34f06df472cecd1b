import Platform
import PluginHost
import PluginKit
import Postgres
import TestKit
import Testing

/// A plugin that runs hostile SQL on purpose: a real library, loaded from a folder, asked over HTTP.
@Suite("IsolationBattery: hostile plugin")
struct IsolationBatteryHostilePluginTests {
    private static let canary = "canary-of-the-victim"

    /// What a hostile plugin sends. `$A` is the victim's id.
    private static let attacks: [[String]] = [
        ["SELECT i::text FROM knowledge.knowledge_items AS i"],
        ["SELECT i::text FROM knowledge.knowledge_items AS i WHERE tenant_id = '$A'"],
        ["DELETE FROM knowledge.knowledge_items WHERE tenant_id = '$A' RETURNING title"],
        ["UPDATE knowledge.knowledge_items SET title = 'mine' WHERE tenant_id = '$A' RETURNING title"],
        ["SELECT query_to_xml('SELECT * FROM knowledge.knowledge_items', true, true, '')::text"],
        ["SELECT c::text FROM conversations.customer_profiles AS c"], ["SELECT a::text FROM core.accounts AS a"],
        ["SELECT k::text FROM core.session_keys AS k"], ["SELECT core.open('x')"],
        ["SELECT set_config('romashka.session', 'x', false)", "SELECT i::text FROM knowledge.knowledge_items AS i"],
        ["COMMIT", "SELECT i::text FROM knowledge.knowledge_items AS i"], ["BEGIN"], ["ROLLBACK"],
        ["SET ROLE romashka_owner"], ["SET row_security = off"], ["RESET ALL"], ["DISCARD ALL"],
        ["ALTER ROLE CURRENT_USER PASSWORD 'mine'"], ["ALTER ROLE CURRENT_USER SET row_security = off"],
        ["LOCK TABLE knowledge.knowledge_items"], ["DROP OWNED BY CURRENT_USER"],
        ["TRUNCATE knowledge.knowledge_items"],
        ["PREPARE mine AS SELECT 'stolen'"], ["DEALLOCATE ALL"], ["LISTEN everything"],
        ["COPY knowledge.knowledge_items TO STDOUT"], ["DO $$ BEGIN END $$"], ["SELECT pg_sleep(30)"],
        ["SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename <> current_user"],
        ["SELECT pg_read_file('/etc/passwd')"], ["SELECT lo_import('/etc/passwd')"], ["SELECT 1; SELECT 2"], [""],
    ]

    private static func with(_ body: @Sendable (TestPlatform, TestTenant, TestTenant) async throws -> Void) async throws
    {
        try await PluginsFolder.with { folder in
            try folder.copy("Conversations")
            try folder.copyTestPlugin("Hostile")
            try await TestPlatform.with(plugins: folder.path) { test in
                #expect(test.platform.registry.active("knowledge")?.name == "Hostile")
                let victim = try await test.tenant("victim")
                try await test.database.asSuperuser { admin in
                    _ = try await admin.run(
                        """
                        INSERT INTO knowledge.knowledge_items (tenant_id, id, title, body)
                        VALUES (\(victim.id), \(TenantID.make()), \(canary), \(canary))
                        """)
                }
                try await body(test, victim, try await test.tenant("attacker"))
            }
        }
    }

    @Test("it learns nothing of another tenant, changes nothing, and the next request finds all as it was")
    func hostileStatements() async throws {
        try await Self.with { test, victim, attacker in
            let client = TestClient(test.url)
            let own: JSONValue = [
                "leased": true, "statements": ["SELECT title FROM knowledge.knowledge_items", "SELECT current_user"],
            ]
            for attack in Self.attacks {
                for leased in [true, false] {
                    let statements = attack.map { JSONValue.string($0.replacing("$A", with: victim.id.description)) }
                    let answer = try await client.send(
                        "POST", "/v1/hostile/statements", token: attacker.token,
                        body: ["leased": .bool(leased), "statements": .array(statements)])
                    #expect(!answer.text.contains(Self.canary), "\(attack)")
                    // What the plugin does to itself ends with its own request.
                    let next = try await client.send("POST", "/v1/hostile/statements", token: victim.token, body: own)
                    #expect(
                        next.json["rows"] == [.string(Self.canary), "romashka_m_knowledge"], "after \(attack) \(next)")
                    let other = try await client.send("GET", "/v1/customers", token: victim.token)
                    #expect(other.status == 200, "after \(attack)")
                }
            }
        }
    }

    @Test("an error of its own says nothing to the caller")
    func ownErrors() async throws {
        try await Self.with { test, victim, _ in
            let answer = try await TestClient(test.url).send(
                "POST", "/v1/hostile/failures", token: victim.token, body: ["leased": true, "statements": ["hush"]])
            #expect(answer.status == 500 && !answer.text.contains("hush"))
            #expect(answer.json["code"] == "internal")
        }
    }
}
