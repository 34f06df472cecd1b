import EmbeddedPostgres
import Foundation
import PluginKit
import Synchronization
import TestKit
import Testing

@testable import Postgres

@Suite("Lease pool")
struct LeasePoolTests {
    private func backend(_ lease: Lease) async throws -> Int {
        try await lease.run("SELECT pg_backend_pid() AS pid").first?.get("pid") ?? 0
    }

    @Test("a lease leaves nothing behind for the next holder of its connection")
    func nothingIsLeftBehind() async throws {
        let server = try await TestServer.shared()
        let pool = server.leases(budget: 1)
        defer { pool.close() }
        let first = try await pool.withLease(as: "a") { lease in
            try await lease.script(
                """
                CREATE TEMP TABLE secrets AS SELECT 'secret' AS word; PREPARE secret AS SELECT 'secret'; LISTEN secrets;
                DECLARE cursor CURSOR WITH HOLD FOR SELECT 'secret'; SET statement_timeout = '7s'; SET search_path = pg_temp; SET a.b = 'c';
                SELECT pg_advisory_lock(4711); CREATE ROLE left_behind; SET ROLE left_behind;
                """)
            return try await backend(lease)
        }
        try await pool.withLease(as: "a") { lease in
            let found = try await lease.run(
                """
                SELECT pg_backend_pid() AS pid, current_user::text AS who, current_setting('statement_timeout') AS timeout,
                    current_setting('search_path') AS path, current_setting('a.b', true) AS custom, to_regclass('pg_temp.secrets')::text AS temp,
                    (SELECT count(*) FROM pg_prepared_statements) AS prepared, (SELECT count(*) FROM pg_cursors WHERE is_holdable) AS cursors,
                    (SELECT count(*) FROM pg_listening_channels()) AS channels,
                    (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks
                """)
            let row = try #require(found.first)
            #expect(try row.get("pid") == first)
            #expect(try row.get("who") == EmbeddedServer.superuser)
            #expect(try row.get("timeout") == "0")
            #expect(try row.get("path") == "\"$user\", public")
            #expect(try row.get("custom", as: String?.self) ?? "" == "")
            #expect(try row.get("temp") == String?.none)
            for name in ["prepared", "cursors", "channels", "locks"] { #expect(try row.get(name) == 0, "\(name)") }
            try await lease.run("DROP ROLE left_behind")
        }
    }

    @Test("a transaction left open costs the connection, and is not committed")
    func openTransactionCostsConnection() async throws {
        try await TestDatabase.with { database in
            let pool = database.server.leases(budget: 1, database.settings)
            defer { pool.close() }
            let first = try await pool.withLease(as: "a") { lease in
                try await lease.run("BEGIN")
                try await lease.run("CREATE TABLE t (a int8)")
                return try await backend(lease)
            }
            let second = try await pool.withLease(as: "a") { lease in
                let gone: Bool? = try await lease.run("SELECT to_regclass('t') IS NULL AS gone").first?.get("gone")
                #expect(gone == true)
                return try await backend(lease)
            }
            #expect(first != second)
        }
    }

    @Test("a body that throws gives its connection back, and one that was cancelled costs it")
    func failureGivesBack() async throws {
        struct Change: Error {}
        let server = try await TestServer.shared()
        let pool = server.leases(budget: 1)
        defer { pool.close() }
        let first = try await pool.withLease(as: "a", backend)
        await #expect(throws: Change.self) { try await pool.withLease(as: "a") { _ in throw Change() } }
        let second = try await pool.withLease(as: "a", backend)
        #expect(first == second)
        let cancelled = Task {
            try await pool.withLease(as: "a") { lease in
                withUnsafeCurrentTask { $0?.cancel() }
                try await lease.run("SELECT pg_sleep(60)")
            }
        }
        await #expect(throws: DatabaseError.self) { try await cancelled.value }
        let third = try await pool.withLease(as: "a", backend)
        #expect(third != second)
    }

    @Test("never are there more connections than the budget, and all callers are served")
    func budgetIsHonoured() async throws {
        let server = try await TestServer.shared()
        let names = (0..<3).map { "budget-\($0)-\(UUID().uuidString)" }
        let pool = server.leases(budget: 3)
        defer { pool.close() }
        let held = Gauge()
        let counts = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<60 {
                group.addTask {
                    try await pool.withLease(as: names[number % 3]) { lease in
                        held.enter()
                        defer { held.leave() }
                        let result = try await lease.run(
                            "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = ANY (\(names)) AND state <> 'idle'"
                        )
                        return try result.first?.get("n") ?? 0
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(counts.count == 60)
        #expect((1...3).contains(counts.max() ?? 0))
        #expect((1...3).contains(held.most))
        #expect(pool.connectionCount <= 3)
    }

    @Test("a connection is lent to its own role only")
    func rolesStayApart() async throws {
        let server = try await TestServer.shared()
        let pool = server.leases(budget: 2)
        defer { pool.close() }
        for role in ["a", "b", "a", "c", "b"] {
            let name = try await pool.withLease(as: role) {
                try await $0.run("SHOW application_name").first?.get("application_name", as: String.self)
            }
            #expect(name == role)
        }
    }

    @Test("a connection that died while nobody held it is replaced unnoticed")
    func deadConnectionIsReplaced() async throws {
        let server = try await TestServer.shared()
        let pool = server.leases(budget: 1)
        defer { pool.close() }
        let first = try await pool.withLease(as: "a", backend)
        try await server.terminate(first)
        let isGone = try await server.asSuperuser { lease in
            try await eventually {
                try await lease.run("SELECT 1 FROM pg_stat_activity WHERE pid = \(first)::int").isEmpty
            }
        }
        #expect(isGone)
        let second = try await pool.withLease(as: "a", backend)
        #expect(second != first)
        #expect(pool.connectionCount == 1)
    }

    @Test("a role that cannot connect is told so at once, and costs no place")
    func failedConnectionCostsNothing() async throws {
        let server = try await TestServer.shared()
        let pool = LeasePool(budget: 1, reactor: server.reactor, logger: server.logger) { role in
            role == "wrong" ? server.settings.connecting(as: "nobody", password: "wrong") : server.settings
        }
        defer { pool.close() }
        let isPrompt = try await finishes(within: .seconds(60)) {
            for _ in 0..<3 {
                let code = try await failure { try await pool.withLease(as: "wrong") { _ in } }
                #expect(code == "connection_failed")
            }
        }
        #expect(isPrompt)
        #expect(pool.connectionCount == 0)
        let pid = try await pool.withLease(as: "right", backend)
        #expect(pid != 0)
    }
}

/// Counts how many are inside at once.
private final class Gauge: Sendable {
    private let state = Mutex((now: 0, most: 0))

    /// The most there ever were.
    var most: Int { state.withLock { $0.most } }

    func enter() {
        state.withLock { state in
            state.now += 1
            state.most = max(state.most, state.now)
        }
    }

    func leave() {
        state.withLock { $0.now -= 1 }
    }
}
