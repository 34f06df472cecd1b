import EmbeddedPostgres
import Foundation
import PluginKit
import TestKit
import Testing

@testable import Postgres

extension PipelineConnectionTests {
    @Test("when the connection dies under them, a read runs again and a write is answered as lost")
    func deathOfConnection() async throws {
        try await TestDatabase.with { database in
            try await database.asSuperuser { try await $0.run("CREATE TABLE t (a int8)") }
            let pipeline = database.pipeline()
            let backend = try await pipeline.backend()
            async let read = pipeline.run(
                [
                    "SELECT pg_backend_pid() AS pid, pg_sleep(CASE WHEN pg_backend_pid() = \(backend) THEN 60 ELSE 0 END)::text AS read"
                ],
                isReplayable: true, timeout: .seconds(60))
            #expect(try await database.server.waitUntilRunning("AS read", backend))
            async let write = failure {
                _ = try await pipeline.run(["INSERT INTO t VALUES (1)"], timeout: .seconds(60))
            }
            async let later = pipeline.run(["SELECT 42 AS answer"], isReplayable: true, timeout: .seconds(60))
            try await database.server.terminate(backend)
            #expect(try await read[0].first?.get("pid") != backend)
            #expect(try await later[0].first?.get("answer") == 42)
            let code = try await write
            let count: Int = try await pipeline.run(["SELECT count(*) AS n FROM t"])[0].first?.get("n") ?? -1
            // The write may have been sent before the end or after it, but never twice and never unsaid.
            #expect(code == "connection_lost" && count == 0 || code == nil && count == 1)
        }
    }

    @Test("a write in flight when the connection dies is answered as lost")
    func writeIsLost() async throws {
        let server = try await TestServer.shared()
        let pipeline = server.pipeline()
        defer { pipeline.close() }
        let backend = try await pipeline.backend()
        async let write = failure {
            _ = try await pipeline.run(["SELECT pg_sleep(60)::text AS write"], timeout: .seconds(90))
        }
        #expect(try await server.waitUntilRunning("AS write", backend))
        try await server.terminate(backend)
        #expect(try await write == "connection_lost")
        #expect(try await pipeline.backend() != backend)
    }

    @Test("an idle connection that died is replaced without a failure")
    func idleDeathGoesUnnoticed() async throws {
        let server = try await TestServer.shared()
        let pipeline = server.pipeline()
        defer { pipeline.close() }
        let backend = try await pipeline.backend()
        try await server.terminate(backend)
        let next = try await pipeline.run(["SELECT pg_backend_pid() AS pid"], isReplayable: true)[0].first?.get(
            "pid", as: Int.self)
        #expect(next != backend)
    }

    @Test("after a restart of the server the first request succeeds")
    func restartGoesUnnoticed() async throws {
        let shared = try await TestServer.shared()
        let root = "/tmp/romashka-restart-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: root) }
        let configuration = EmbeddedServer.Configuration(
            installation: shared.installation, mode: .persistent(directory: "\(root)/server"))
        let first = try await EmbeddedServer.start(configuration, logger: shared.logger)
        let pipeline = shared.pipeline(try ConnectionSettings(url: first.url()))
        defer { pipeline.close() }
        let before = try await failure { _ = try await pipeline.backend() }
        await first.stop()
        let during = try await failure { _ = try await pipeline.run(["SELECT 1"], timeout: .seconds(30)) }
        let second = try await EmbeddedServer.start(configuration, logger: shared.logger)
        let after = try await failure { _ = try await pipeline.run(["SELECT 1"], timeout: .seconds(30)) }
        await second.stop()
        #expect(before == nil)
        // Lost when the end of the connection was not yet seen, failed when it was: the server is down either way.
        #expect(during == "connection_failed" || during == "connection_lost")
        #expect(after == nil)
    }

    @Test("a request is not kept waiting longer than its time while a connection is made")
    func timeoutHoldsWhileConnecting() async throws {
        let server = try await TestServer.shared()
        let deaf = try DeafServer()
        let pipeline = server.pipeline(try ConnectionSettings(url: "postgresql://u@127.0.0.1:\(deaf.port)/d"))
        defer { pipeline.close() }
        let isOver = try await finishes(within: .seconds(4)) {
            let code = try await failure { _ = try await pipeline.run(["SELECT 1"], timeout: .milliseconds(200)) }
            #expect(code == "timeout")
        }
        #expect(isOver)
    }

    @Test("whoever waits too long for an answer hears so alone: the others on the connection get theirs")
    func timeoutIsOnesOwn() async throws {
        let server = try await TestServer.shared()
        // A busy machine is no silent server.
        let pipeline = server.pipeline(patience: .seconds(60))
        defer { pipeline.close() }
        let backend = try await pipeline.backend()
        try await server.asSuperuser { holder in
            try await holder.run("SELECT pg_advisory_lock(4711)::text AS held")
            async let late = failure {
                _ = try await pipeline.run(
                    ["SELECT pg_advisory_xact_lock(4711)::text AS late"], timeout: .milliseconds(300))
            }
            #expect(try await server.waitUntilRunning("AS late", backend))
            async let other = pipeline.run(["SELECT pg_backend_pid() AS pid"], timeout: .seconds(60))
            #expect(try await late == "timeout")
            try await holder.run("SELECT pg_advisory_unlock(4711)")
            #expect(try await other[0].first?.get("pid") == backend)
        }
    }

    @Test("a server that falls silent loses its connection, and what only reads is answered on the next")
    func silenceIsNoticed() async throws {
        let server = try await TestServer.shared()
        let pipeline = server.pipeline(patience: .milliseconds(300))
        defer { pipeline.close() }
        let backend = try await pipeline.backend()
        // It hears nothing and says nothing, and its socket stays open.
        kill(Int32(backend), SIGSTOP)
        defer { kill(Int32(backend), SIGCONT) }
        async let late = failure { _ = try await pipeline.run(["SELECT 1"], timeout: .milliseconds(200)) }
        let row = try await pipeline.run(
            ["SELECT pg_backend_pid() AS pid"], isReplayable: true, timeout: .seconds(60))[0].first
        #expect(try row?.get("pid") != backend)
        #expect(try await late == "timeout")
    }

    @Test("more requests than a connection takes are refused at once")
    func overloadIsRefused() async throws {
        let server = try await TestServer.shared()
        let deaf = try DeafServer()
        let pipeline = server.pipeline(try ConnectionSettings(url: "postgresql://u@127.0.0.1:\(deaf.port)/d"))
        defer { pipeline.close() }
        let codes = try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<2100 {
                group.addTask { try await failure { _ = try await pipeline.run(["SELECT 1"], timeout: .seconds(60)) } }
            }
            var codes: [String?] = []
            while codes.count < 52, let code = try await group.next() { codes.append(code) }
            group.cancelAll()
            return try await group.reduce(into: codes) { $0.append($1) }
        }
        #expect(codes.prefix(52).allSatisfy { $0 == "overloaded" })
        #expect(codes.dropFirst(52).allSatisfy { $0 == "timeout" })
    }

    @Test("a caller who has gone before the request is sent does not wait for it")
    func cancelledCallerDoesNotWait() async throws {
        let server = try await TestServer.shared()
        let deaf = try DeafServer()
        let pipeline = server.pipeline(try ConnectionSettings(url: "postgresql://u@127.0.0.1:\(deaf.port)/d"))
        defer { pipeline.close() }
        let isOver = try await finishes(within: .seconds(4)) {
            let caller = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                _ = try await pipeline.run(["SELECT 1"], timeout: .seconds(60))
            }
            await #expect(throws: DatabaseError.self) { try await caller.value }
        }
        #expect(isOver)
    }

    @Test("a caller who goes away while the statement runs is told at once, and nobody else is disturbed")
    func callerMayLeave() async throws {
        let server = try await TestServer.shared()
        let pipeline = server.pipeline()
        defer { pipeline.close() }
        let backend = try await pipeline.backend()
        let leaving = Task { try await pipeline.run(["SELECT pg_sleep(4)::text AS leaving"]) }
        #expect(try await server.waitUntilRunning("AS leaving", backend))
        leaving.cancel()
        await #expect(throws: DatabaseError.self) { try await leaving.value }
        #expect(try await pipeline.backend() == backend)
    }

    @Test("a connection that died is let go of")
    func deadConnectionIsReleased() async throws {
        /// The connection, for as long as somebody else keeps it.
        struct Reference {
            weak var pipeline: PipelineConnection?
        }
        let server = try await TestServer.shared()
        let reactor = try Reactor()
        defer { reactor.stop() }
        func dead() async throws -> Reference {
            let pipeline = server.pipeline(reactor: reactor)
            let backend = try await pipeline.backend()
            async let write = failure {
                _ = try await pipeline.run(["SELECT pg_sleep(60)::text AS dying"], timeout: .seconds(60))
            }
            #expect(try await server.waitUntilRunning("AS dying", backend))
            try await server.terminate(backend)
            #expect(try await write == "connection_lost")
            return Reference(pipeline: pipeline)
        }
        let reference = try await dead()
        let holds1 = try await eventually(within: .seconds(5)) { reference.pipeline == nil }
        #expect(holds1)
    }
}
