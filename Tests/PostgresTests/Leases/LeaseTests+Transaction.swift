import PluginKit
import TestKit
import Testing

@testable import Postgres

extension LeaseTests {
    @Test("a transaction commits when its body returns, and hands out what it returned")
    func transactionCommits() async throws {
        try await TestDatabase.with { database in
            try await database.asSuperuser { lease in
                try await lease.run("CREATE TABLE t (a int8)")
                let number = try await lease.transaction { lease in
                    try await lease.run("INSERT INTO t VALUES (\(7)) RETURNING a").first?.get("a", as: Int.self)
                }
                #expect(number == 7)
            }
            let rows = try await database.asSuperuser { try await $0.run("SELECT a FROM t") }
            #expect(try rows.first?.get("a") == 7)
        }
    }

    @Test("a transaction whose body throws leaves nothing, and the error is the body's")
    func transactionRollsBack() async throws {
        try await TestDatabase.with { database in
            try await database.asSuperuser { lease in
                struct Change: Error {}
                try await lease.run("CREATE TABLE t (a int8)")
                await #expect(throws: Change.self) {
                    try await lease.transaction { lease in
                        try await lease.run("INSERT INTO t VALUES (1)")
                        throw Change()
                    }
                }
                #expect(try await lease.run("SELECT 1 FROM t").isEmpty)
                let code = try await failure {
                    try await lease.transaction { lease in
                        try await lease.run("INSERT INTO t VALUES (2)")
                        try await lease.run("SELECT 1 / \(0)")
                    }
                }
                #expect(code == "statement_failed 22012")
                #expect(try await lease.run("SELECT 1 FROM t").isEmpty)
            }
        }
    }

    @Test("a constraint that is checked at the end fails the commit")
    func deferredConstraintFailsCommit() async throws {
        try await TestDatabase.with { database in
            try await database.asSuperuser { lease in
                try await lease.run(
                    "CREATE TABLE t (a int8 PRIMARY KEY, b int8 REFERENCES t DEFERRABLE INITIALLY DEFERRED)")
                let code = try await failure {
                    try await lease.transaction { _ = try await $0.run("INSERT INTO t VALUES (1, 2)") }
                }
                #expect(code == "statement_failed 23503 t_b_fkey")
                #expect(try await lease.run("SELECT 1 FROM t").isEmpty)
            }
        }
    }

    @Test("statements of one run are one transaction unless one is open")
    func runIsOneTransaction() async throws {
        try await TestDatabase.with { database in
            try await database.asSuperuser { lease in
                try await lease.run("CREATE TABLE t (a int8 PRIMARY KEY)")
                let code = try await failure {
                    _ = try await lease.run(["INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (1)"])
                }
                #expect(code == "statement_failed 23505 t_pkey")
                #expect(try await lease.run("SELECT 1 FROM t").isEmpty)
            }
        }
    }

    @Test("a lease may run what a shared pipeline may not")
    func leaseIsNotLimited() async throws {
        let server = try await TestServer.shared()
        try await server.asSuperuser { lease in
            try await lease.run(SQL(unsafeSQL: "SET a.b = 'c'"))
            #expect(try await lease.run("SHOW a.b").first?.get("a.b") == "c")
            #expect(try await lease.serverVersion() >= 150_000)
        }
    }

    @Test("an answer that does not come in time ends the connection")
    func timeoutEndsConnection() async throws {
        let server = try await TestServer.shared()
        try await server.asSuperuser { lease in
            let first = try await failure { try await lease.run("SELECT pg_sleep(60)", timeout: .milliseconds(200)) }
            let second = try await failure { try await lease.run("SELECT 1") }
            #expect([first, second] == ["timeout", "connection_lost"])
        }
    }
}
