import Migrations
import PluginKit
import Tenancy
import TestKit
import Testing

@testable import Postgres

/// One connection for all tenants: what one does to it, whatever it is, is never another's answer.
@Suite("IsolationBattery: pipeline")
struct IsolationBatteryPipelineTests {
    private static let own: SQL = "SELECT name FROM conversations.customer_profiles"

    @Test("after a tenant's error the next tenant is served", arguments: IsolationGround.modes)
    func errorThenNext(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            for failing in [
                ["SELECT 1 / 0"], ["SELECT 1", "SELECT 1 / 0", "SELECT 2"], ["SELECT FROM WHERE"],
                ["SELECT * FROM nowhere.nothing"],
                ["DELETE FROM conversations.conversation_tags", "SELECT 1 / 0"], ["SELECT pg_sleep(30)"],
                [
                    "INSERT INTO conversations.conversation_tags (tenant_id, conversation_id, tag) VALUES ('\(ground.a.id)', '\(ground.a.id)', 'x')"
                ],
            ] {
                let before = try await ground.fingerprint(of: ground.b)
                let failed = try await ground.run(failing, .shared, as: "conversations", ground.b)
                #expect(failed.refusal != nil, "\(failing)")
                let next = try await ground.run([Self.own.text], .shared, as: "conversations", ground.a)
                #expect(next.touched == 1 && next.shows(IsolationTenant.canary) && !next.shows(IsolationTenant.plain))
                #expect(try await ground.fingerprint(of: ground.b) == before, "half of \(failing) stayed")
            }
        }
    }

    @Test("a session that cannot be opened answers nobody", arguments: IsolationGround.modes)
    func expiredSession(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            let pipeline = try self.pipeline(ground)
            defer { pipeline.close() }
            let old = ground.token(ground.a, now: Timestamp.now().advanced(by: .seconds(-600)))
            for _ in 0..<3 {
                let refused = await IsolationOutcome.of { outcome in
                    for result in try await pipeline.run(["SELECT core.open(\(old))", Self.own]) {
                        try outcome.add(result)
                    }
                }
                #expect(refused.refusal == "28000" && refused.bytes.isEmpty)
                let next = try await pipeline.run([ground.opening(ground.b), Self.own])
                #expect(try next[1].first?.get("name") == IsolationTenant.plain)
            }
        }
    }

    @Test("an abandoned caller's answer reaches nobody", arguments: IsolationGround.modes)
    func abandonedCallers(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            let name = try #require(ModuleName("conversations"))
            let database = ground.databases.database(of: name)
            for patience in 0..<200 {
                let leaving = Task { try await database.open(ground.a.session, mode: .read).rows(Self.own) }
                for _ in 0..<(patience % 8) { await Task.yield() }
                leaving.cancel()
                let next = try await database.open(ground.b.session, mode: .read).rows(Self.own)
                #expect(try next.first?.get("name") == IsolationTenant.plain && next.count == 1)
                if let left = try? await leaving.value {
                    #expect(try left.first?.get("name") == IsolationTenant.canary)
                }
            }
        }
    }

    /// What a policy with a hole might let through, as it would reach the connection.
    private static let smuggled = [
        "BEGIN", "BEGIN READ ONLY", "START TRANSACTION", "SET search_path = pg_temp", "SET statement_timeout = 0",
        "SET ROLE romashka_modules", "RESET ALL", "DISCARD ALL", "DISCARD PLANS", "DEALLOCATE ALL",
        "PREPARE mine AS SELECT 'stolen' AS name", "LISTEN everything", "SAVEPOINT s", "SHOW ALL",
        "COPY (SELECT 1) TO STDOUT",
        "DECLARE kept CURSOR WITH HOLD FOR SELECT * FROM conversations.customer_profiles",
        "LOCK TABLE conversations.conversations",
        "COMMIT", "ROLLBACK", "EXPLAIN SELECT 1", "CREATE TEMP TABLE x (y int)", "NOTIFY x",
    ]

    @Test(
        "a smuggled statement ends the connection: no other tenant's answer, no acknowledged write, is lost to it",
        arguments: IsolationGround.modes)
    func smuggledStatements(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            let pipeline = try self.pipeline(ground)
            defer { pipeline.close() }
            var acknowledged: [String] = []
            for (number, text) in Self.smuggled.enumerated() {
                let opening = ground.opening(ground.b)
                let evil: [(text: String, binds: [Bind])] = [(opening.text, opening.binds), (text, [])]
                async let attack = IsolationOutcome.of { outcome in
                    let answer = try await pipeline.submit(evil, isReplayable: false, timeout: .seconds(10))
                    outcome.touched = answer.results.count
                }
                let word = "\(IsolationTenant.canary) \(number)"
                let write = await IsolationOutcome.of { outcome in
                    for result in try await pipeline.run([ground.opening(ground.a), Self.insertion(word, ground.a)]) {
                        try outcome.add(result)
                    }
                }
                if write.refusal == nil { acknowledged.append(word) }
                let refusal = await attack.refusal
                #expect(refusal != nil, "\(text) was answered")
                // Whoever comes next gets a connection that knows nothing of it.
                let next = try await pipeline.run([
                    ground.opening(ground.a),
                    "SELECT DISTINCT split_part(name, ' ', 1) AS name FROM conversations.customer_profiles",
                    "SELECT current_setting('statement_timeout') || current_setting('search_path') || current_user AS state",
                ])
                let seen: String? = try next[1].first?.get("name")
                #expect(next[1].count == 1 && seen == IsolationTenant.canary, "after \(text)")
                #expect(try next[2].first?.get("state") == "3spg_catalogromashka_m_conversations", "after \(text)")
            }
            let stored = try await ground.database.asSuperuser { admin in
                try await admin.run("SELECT name FROM conversations.customer_profiles WHERE tenant_id = \(ground.a.id)")
                    .rows.map {
                        try $0.get("name", as: String.self)
                    }
            }
            #expect(Set(acknowledged).subtracting(stored) == [])
            #expect(acknowledged.count > 0)
        }
    }

    @Test("a tenant who learns the kernel's statement names cannot answer for them", arguments: IsolationGround.modes)
    func stolenNames(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            let pipeline = try self.pipeline(ground)
            defer { pipeline.close() }
            for _ in 0..<2 { _ = try await pipeline.run([ground.opening(ground.a), Self.own]) }
            let known = try await pipeline.run([
                ground.opening(ground.b), "SELECT name FROM pg_prepared_statements WHERE statement = \(Self.own.text)",
            ])
            let found = try #require(known[1].first)
            let name: String = try found.get("name")
            let opening = ground.opening(ground.b)
            for evil in [
                ["DEALLOCATE \"\(name)\""],
                ["DEALLOCATE \"\(name)\"", "PREPARE \"\(name)\" AS SELECT 'stolen'::text AS name"],
                ["PREPARE \"\(name)\" AS SELECT 'stolen'::text AS name"],
            ] {
                let refused = await IsolationOutcome.of { outcome in
                    let texts: [(text: String, binds: [Bind])] = [(opening.text, opening.binds)] + evil.map { ($0, []) }
                    outcome.touched = try await pipeline.submit(texts, isReplayable: false, timeout: .seconds(5))
                        .results.count
                }
                #expect(refused.refusal != nil)
                let next = try await pipeline.run([ground.opening(ground.a), Self.own])
                #expect(try next[1].first?.get("name") == IsolationTenant.canary && next[1].count == 1)
            }
        }
    }

    /// A connection that all tenants of a module share, as `ModuleDatabase` makes it.
    private func pipeline(_ ground: IsolationGround) throws -> PipelineConnection {
        let name = try #require(ModuleName("conversations"))
        return PipelineConnection(
            ground.databases.credentials.sharedSettings(as: name.loginRole), sharing: true,
            reactor: ground.database.server.reactor, logger: ground.database.server.logger)
    }

    static func insertion(_ word: String, _ tenant: IsolationTenant) -> SQL {
        """
        INSERT INTO conversations.customer_profiles (tenant_id, id, name)
        VALUES (\(tenant.id), \(ID<Void>.make()), \(word))
        """
    }
}
