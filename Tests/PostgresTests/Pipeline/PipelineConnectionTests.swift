import Foundation
import PluginKit
import TestKit
import Testing

@testable import Postgres

@Suite("Pipeline connection")
struct PipelineConnectionTests {
    @Test("statements of one request answer in their order and are one transaction")
    func requestIsOneTransaction() async throws {
        try await TestDatabase.with { database in
            let pipeline = database.pipeline()
            try await database.asSuperuser { try await $0.run("CREATE TABLE t (a int8 PRIMARY KEY)") }
            let results = try await pipeline.run([
                "INSERT INTO t VALUES (\(1)), (\(2)) RETURNING a", "SELECT count(*) AS n FROM t",
                "UPDATE t SET a = a + 10",
            ])
            #expect(results.map(\.affected) == [2, 1, 2])
            #expect(try results[0].rows.map { try $0.get("a", as: Int.self) } == [1, 2])
            #expect(try results[1].first?.get("n") == 2)
            let code = try await failure {
                _ = try await pipeline.run(["INSERT INTO t VALUES (\(5))", "INSERT INTO t VALUES (\(5))"])
            }
            #expect(code == "statement_failed 23505 t_pkey")
            #expect(try await pipeline.run(["SELECT count(*) AS n FROM t"])[0].first?.get("n") == 2)
        }
    }

    @Test("requests of many callers share one connection")
    func callersShareConnection() async throws {
        let pipeline = try await TestServer.shared().pipeline()
        defer { pipeline.close() }
        let backends = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<200 { group.addTask { try await pipeline.backend() } }
            return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(backends.count == 1)
    }

    @Test("a statement is prepared once and used again, whatever its values")
    func statementIsPreparedOnce() async throws {
        let pipeline = try await TestServer.shared().pipeline()
        defer { pipeline.close() }
        for number in 0..<20 { #expect(try await pipeline.run(["SELECT \(number) AS n"])[0].first?.get("n") == number) }
        let count = try await pipeline.run([
            "SELECT count(*) AS n FROM pg_prepared_statements WHERE statement LIKE 'SELECT $1 AS n%'"
        ])
        #expect(try count[0].first?.get("n") == 1)
    }

    @Test("the same text with values of another type is another statement")
    func typesAreKeptApart() async throws {
        let pipeline = try await TestServer.shared().pipeline()
        defer { pipeline.close() }
        for _ in 0..<2 {
            #expect(try await pipeline.run(["SELECT \(1) AS v"])[0].first?.get("v") == 1)
            #expect(try await pipeline.run(["SELECT \(1.5) AS v"])[0].first?.get("v") == 1.5)
            #expect(try await pipeline.run(["SELECT \("a") AS v"])[0].first?.get("v") == "a")
            #expect(
                try await pipeline.run(["SELECT \(Timestamp.distantFuture) AS v"])[0].first?.get("v")
                    == Timestamp.distantFuture)
        }
    }

    @Test("a statement whose columns change under it is prepared anew")
    func changedColumnsAreNoticed() async throws {
        try await TestDatabase.with { database in
            try await database.asSuperuser { try await $0.script("CREATE TABLE t (a int8); INSERT INTO t VALUES (1)") }
            let pipeline = database.pipeline()
            for _ in 0..<2 { #expect(try await pipeline.run(["SELECT * FROM t"])[0].columns.count == 1) }
            try await database.asSuperuser { try await $0.run("ALTER TABLE t ADD COLUMN b text DEFAULT 'b'") }
            #expect(try await pipeline.run(["SELECT * FROM t"])[0].first?.get("b") == "b")
        }
    }

    @Test("more statements than the connection prepares still run")
    func cacheMayOverflow() async throws {
        let pipeline = try await TestServer.shared().pipeline()
        defer { pipeline.close() }
        for number in 0..<530 {
            let text = "SELECT \(number) AS n" as String
            let answer = try await pipeline.submit([(text, [])], isReplayable: false, timeout: .seconds(10))
            #expect(try answer.results[0].resultSet(columns: answer.results[0].columns()).first?.get("n") == number)
        }
        let count = try await pipeline.run(["SELECT count(*) AS n FROM pg_prepared_statements"])
        #expect(try count[0].first?.get("n") == 512)
    }

    @Test("what may not share a pipeline is refused before it is sent")
    func statementIsRefused() async throws {
        let pipeline = try await TestServer.shared().pipeline()
        defer { pipeline.close() }
        #expect(try await failure { _ = try await pipeline.run(["SELECT 1", "BEGIN"]) } == "statement_refused")
        #expect(try await failure { _ = try await pipeline.run([SQL(unsafeSQL: "SELECT 1")]) } == "statement_refused")
    }

    @Test("a statement of more values than the protocol has is refused, and disturbs nobody")
    func tooManyValuesAreRefused() async throws {
        let pipeline = try await TestServer.shared().pipeline()
        defer { pipeline.close() }
        // 1, 2, 4, … values; all of them together are one less than the next.
        var power: SQL = "\(0)"
        var most: SQL = "\(0)"
        for _ in 0..<15 {
            power = "\(power), \(power)"
            most = "\(most), \(power)"
        }
        let backend = try await pipeline.backend()
        #expect(
            try await failure { _ = try await pipeline.run(["SELECT 1 WHERE 0 IN (\(most), \(0))"]) }
                == "statement_refused")
        #expect(try await pipeline.run(["SELECT 1 WHERE 0 IN (\(most))"], timeout: .seconds(60))[0].count == 1)
        #expect(try await pipeline.backend() == backend)
    }

    @Test("two statements in one text are refused by the protocol")
    func secondStatementIsRefused() async throws {
        let pipeline = try await TestServer.shared().pipeline()
        defer { pipeline.close() }
        #expect(try await failure { _ = try await pipeline.run(["SELECT 1; BEGIN"]) } == "statement_failed 42601")
    }

    @Test("a failed statement fails its own request only, and can be mended")
    func failureStaysAlone() async throws {
        let pipeline = try await TestServer.shared().pipeline()
        defer { pipeline.close() }
        async let good = pipeline.run(["SELECT 1 AS n"])
        async let division = failure { _ = try await pipeline.run(["SELECT 1 / \(0)"]) }
        async let syntax = failure { _ = try await pipeline.run(["SELECT FROM WHERE"]) }
        async let better = pipeline.run(["SELECT 2 AS n"])
        #expect(try await good[0].first?.get("n") == 1)
        #expect(try await division == "statement_failed 22012")
        #expect(try await syntax == "statement_failed 42601")
        #expect(try await better[0].first?.get("n") == 2)
    }

    @Test("a statement that runs too long is ended by the server, and the connection lives on")
    func statementTimeoutSurfaces() async throws {
        let server = try await TestServer.shared()
        let pipeline = server.pipeline(server.settings.with(parameters: ["statement_timeout": "100ms"]))
        defer { pipeline.close() }
        let backend = try await pipeline.backend()
        do {
            _ = try await pipeline.run(["SELECT pg_sleep(30)"])
            Issue.record("the statement came to its end")
        } catch let error as DatabaseError {
            #expect(error.isStatementTimeout)
        }
        #expect(try await pipeline.backend() == backend)
    }

    @Test("a type the client does not read is an error that says what to do")
    func unreadTypeIsAnError() async throws {
        let pipeline = try await TestServer.shared().pipeline()
        defer { pipeline.close() }
        do {
            _ = try await pipeline.run(["SELECT 1.5::numeric AS price"])
            Issue.record("numeric was read")
        } catch let error as DatabaseError {
            #expect(error.code == .undecodable && error.debugDescription.contains("price"))
        }
    }

    @Test("large requests and large answers pass at the same time")
    func largeTrafficPasses() async throws {
        let pipeline = try await TestServer.shared().pipeline()
        defer { pipeline.close() }
        let text = String(repeating: "ж", count: 500_000)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                group.addTask {
                    let row = try await pipeline.run(
                        ["SELECT \(text) || \(number)::text AS echo"], timeout: .seconds(60))[0].first
                    #expect(try row?.get("echo") == text + "\(number)")
                }
            }
            try await group.waitForAll()
        }
    }
}
