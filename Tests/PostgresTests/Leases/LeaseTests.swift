import PluginKit
import TestKit
import Testing

@testable import Postgres

@Suite("Lease")
struct LeaseTests {
    @Test(
        "COPY in a statement fails, and the reactor serves on",
        arguments: ["COPY (SELECT 1) TO STDOUT", "COPY t FROM STDIN"])
    func copyInStatementFails(text: String) async throws {
        let isOver = try await finishes(within: .seconds(60)) {
            try await TestDatabase.with { database in
                let reactor = try Reactor()
                defer { reactor.stop() }
                try await AdminConnection.use(database.settings, reactor: reactor, logger: database.server.logger) {
                    lease in
                    try await lease.run("CREATE TABLE t (a int)")
                    #expect(try await failure { try await lease.run(SQL(unsafeSQL: text)) } != nil)
                }
                let pipeline = database.server.pipeline(database.settings, reactor: reactor)
                #expect(try await pipeline.run(["SELECT 1 AS one"])[0].first?.get("one") == 1)
                pipeline.close()
            }
        }
        #expect(isOver)
    }

    @Test("a script that waits for COPY data fails, and the reactor serves on")
    func copyInScriptFails() async throws {
        let isOver = try await finishes(within: .seconds(60)) {
            try await TestDatabase.with { database in
                let reactor = try Reactor()
                defer { reactor.stop() }
                try await AdminConnection.use(database.settings, reactor: reactor, logger: database.server.logger) {
                    lease in
                    let code = try await failure {
                        try await lease.script("CREATE TABLE t (a int); COPY t FROM STDIN;")
                    }
                    #expect(code != nil)
                    #expect(try await lease.run("SELECT 1 AS one").first?.get("one") == 1)
                }
            }
        }
        #expect(isOver)
    }

    @Test("a transaction whose statement failed cannot be committed, even if the holder ignores the failure")
    func failedTransactionIsNotCommitted() async throws {
        try await TestDatabase.with { database in
            try await database.asSuperuser { lease in
                try await lease.run("CREATE TABLE t (a int PRIMARY KEY)")
                let code = try await failure {
                    try await lease.transaction { lease in
                        try await lease.run("INSERT INTO t VALUES (1)")
                        _ = try? await lease.run("INSERT INTO t VALUES (1)")
                    }
                }
                #expect(code == "transaction_rolled_back")
                #expect(try await lease.run("SELECT count(*) AS n FROM t").first?.get("n") == 0)
            }
        }
    }
}
