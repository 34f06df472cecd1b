import Foundation
import PluginKit
import Synchronization
import TestKit
import Testing

@testable import Postgres

@Suite("Simple query")
struct SimpleQueryTests {
    @Test("a script of several statements runs as a whole")
    func scriptRuns() async throws {
        try await TestDatabase.with { database in
            try await database.asSuperuser { lease in
                try await lease.script("CREATE TABLE t (a int8); INSERT INTO t VALUES (1), (2); -- the end\n")
                #expect(try await lease.run("SELECT count(*) AS n FROM t").first?.get("n") == 2)
                try await lease.script("")
                #expect(try await lease.run("SELECT 1 AS n").first?.get("n") == 1)
            }
        }
    }

    @Test("a script that fails undoes what it did, tells the first failure, and leaves the connection usable")
    func scriptFails() async throws {
        try await TestDatabase.with { database in
            try await database.asSuperuser { lease in
                let code = try await failure {
                    try await lease.script("CREATE TABLE t (a int8); SELECT 1 / 0; SELECT nonsense;")
                }
                #expect(code == "statement_failed 22012")
                #expect(try await lease.run("SELECT to_regclass('t') IS NULL AS gone").first?.get("gone") == true)
            }
        }
    }

    @Test("a script takes part in the transaction around it")
    func scriptIsInTransaction() async throws {
        try await TestDatabase.with { database in
            try await database.asSuperuser { lease in
                struct Change: Error {}
                await #expect(throws: Change.self) {
                    try await lease.transaction { lease in
                        try await lease.script("CREATE TABLE t (a int8); INSERT INTO t VALUES (1);")
                        throw Change()
                    }
                }
                let gone: Bool? = try await lease.run("SELECT to_regclass('t') IS NULL AS gone").first?.get("gone")
                #expect(gone == true)
            }
        }
    }

    @Test("COPY brings a hundred thousand rows out, each whole and in order")
    func copyBringsRows() async throws {
        try await TestDatabase.with { database in
            try await database.asSuperuser { lease in
                let rows = Mutex<[[UInt8]]>([])
                try await lease.copyOut(
                    unsafeSQL:
                        "COPY (SELECT i, repeat('x', i % 50) FROM generate_series(1, 100000) AS i ORDER BY i) TO STDOUT"
                ) { row in
                    rows.withLock { $0.append(row) }
                }
                let lines = rows.withLock { $0 }
                #expect(lines.count == 100_000)
                let isInOrder = lines.enumerated().allSatisfy { index, line in
                    line == Array("\(index + 1)\t\(String(repeating: "x", count: (index + 1) % 50))\n".utf8)
                }
                #expect(isInOrder)
                #expect(try await lease.run("SELECT 1 AS n").first?.get("n") == 1)
            }
        }
    }

    @Test("COPY that fails in the middle is a failure, whatever rows came before")
    func copyFails() async throws {
        let server = try await TestServer.shared()
        try await server.asSuperuser { lease in
            let count = Mutex(0)
            let code = try await failure {
                try await lease.copyOut(
                    unsafeSQL: "COPY (SELECT 1 / (50000 - i) FROM generate_series(1, 60000) AS i) TO STDOUT"
                ) { _ in
                    count.withLock { $0 += 1 }
                }
            }
            #expect(code == "statement_failed 22012")
            #expect(count.withLock { $0 } <= 50_000)
            #expect(try await lease.run("SELECT 1 AS n").first?.get("n") == 1)
        }
    }

    /// What the process holds in memory, in bytes.
    private static func residentBytes() throws -> Int {
        let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return (Int(pages[1]) ?? 0) * sysconf(Int32(_SC_PAGESIZE))
    }

    @Test("the rows of a slow reader wait with the server, not here, and all of them come")
    func slowReader() async throws {
        let server = try await TestServer.shared()
        try await server.asSuperuser { lease in
            let backend: Int = try #require(try await lease.run("SELECT pg_backend_pid() AS pid").first).get("pid")
            let before = try Self.residentBytes()
            var (count, bytes) = (0, 0)
            try await lease.copyOut(
                unsafeSQL: "COPY (SELECT repeat('x', 9999) FROM generate_series(1, 20000)) TO STDOUT"
            ) { row in
                if count == 0 {
                    // The server has much more to say, and cannot: not for a moment, but as long as nobody listens.
                    let isHeldBack = try await server.asSuperuser { other in
                        var times = 0
                        return try await eventually {
                            let isWaiting: Bool? = try await other.run(
                                """
                                SELECT COALESCE(wait_event = 'ClientWrite', false) AS is_so
                                FROM pg_stat_activity
                                WHERE pid = \(Int64(backend))
                                """
                            ).first?.get("is_so")
                            times = isWaiting == true ? times + 1 : 0
                            return times == 200
                        }
                    }
                    #expect(isHeldBack)
                    let grown = try Self.residentBytes() - before
                    #expect(grown < 100 << 20, "\(grown >> 20) MiB more")
                }
                count += 1
                bytes += row.count
            }
            #expect(count == 20_000 && bytes == 200_000_000)
            #expect(try await lease.run("SELECT 1 AS n").first?.get("n") == 1)
        }
    }

    @Test("a reader who leaves early leaves the connection as it was")
    func leavingReader() async throws {
        struct Enough: Error {}
        let server = try await TestServer.shared()
        try await server.asSuperuser { lease in
            let backend: Int? = try await lease.run("SELECT pg_backend_pid() AS pid").first?.get("pid")
            for taken in [1, 5000] {
                var count = 0
                await #expect(throws: Enough.self) {
                    try await lease.copyOut(
                        unsafeSQL: "COPY (SELECT repeat('x', 999) FROM generate_series(1, 20000)) TO STDOUT"
                    ) { _ in
                        count += 1
                        if count == taken { throw Enough() }
                    }
                }
                #expect(count == taken)
                let after: Int? = try await lease.run("SELECT pg_backend_pid() AS pid").first?.get("pid")
                #expect(after == backend)
            }
        }
    }

    @Test("a COPY ends when its connection dies, also while nothing is read")
    func deathEndsCopy() async throws {
        let server = try await TestServer.shared()
        let code = try await failure {
            try await server.asSuperuser { lease in
                let backend: Int = try #require(try await lease.run("SELECT pg_backend_pid() AS pid").first).get("pid")
                var isFirst = true
                try await lease.copyOut(
                    unsafeSQL: "COPY (SELECT repeat('x', 9999) FROM generate_series(1, 20000)) TO STDOUT"
                ) { _ in
                    if isFirst { try await server.terminate(backend) }
                    isFirst = false
                }
            }
        }
        #expect(code == "statement_failed 57P01" || code == "connection_lost", "\(code)")
    }

    @Test("a simple query ends when its connection dies")
    func deathEndsQuery() async throws {
        let server = try await TestServer.shared()
        let code = try await failure {
            try await server.asSuperuser { lease in
                let backend: Int = try #require(try await lease.run("SELECT pg_backend_pid() AS pid").first).get("pid")
                async let script: Void = lease.script("SELECT pg_sleep(60) AS talking")
                let isTalking = try await server.waitUntilRunning("AS talking", backend)
                #expect(isTalking)
                try await server.terminate(backend)
                try await script
            }
        }
        #expect(code == "statement_failed 57P01" || code == "connection_lost")
    }
}
