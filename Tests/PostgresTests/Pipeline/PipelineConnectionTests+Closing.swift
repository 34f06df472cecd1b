import Foundation
import PluginKit
import TestKit
import Testing

@testable import Postgres

extension PipelineConnectionTests {
    @Test("an unused connection is closed, and made again when used")
    func idleConnectionIsClosed() async throws {
        let server = try await TestServer.shared()
        let pipeline = server.pipeline(idleLimit: .milliseconds(300))
        defer { pipeline.close() }
        let backend = try await pipeline.backend()
        let isClosed = try await server.asSuperuser { lease in
            try await eventually {
                try await lease.run("SELECT 1 FROM pg_stat_activity WHERE pid = \(backend)::int").isEmpty
            }
        }
        #expect(isClosed)
        #expect(try await pipeline.backend() != backend)
    }

    /// Expects that no connection of a name is left on the server, or soon none.
    private static func expectNone(named name: String, _ server: TestServer) async throws {
        let isNone = try await server.asSuperuser { lease in
            try await eventually {
                try await lease.run("SELECT 1 FROM pg_stat_activity WHERE application_name = \(name)").isEmpty
            }
        }
        #expect(isNone)
    }

    @Test("closing answers what is in flight as lost, reads too, and leaves no connection behind")
    func closingEndsEverything() async throws {
        let server = try await TestServer.shared()
        let name = "closing-\(UUID().uuidString)"
        let pipeline = server.pipeline(server.settings.named(name))
        let backend = try await pipeline.backend()
        async let read = failure {
            _ = try await pipeline.run(
                ["SELECT pg_sleep(60)::text AS closing"], isReplayable: true, timeout: .seconds(60))
        }
        #expect(try await server.waitUntilRunning("AS closing", backend))
        pipeline.close()
        #expect(try await read == "connection_lost")
        try await server.terminate(backend)
        try await Self.expectNone(named: name, server)
    }

    @Test("closing while a connection is made leaves none, and whoever asks then is told so")
    func closingWhileConnecting() async throws {
        let server = try await TestServer.shared()
        let name = "closing-early-\(UUID().uuidString)"
        for _ in 0..<10 {
            let pipeline = server.pipeline(server.settings.named(name))
            async let early = failure { _ = try await pipeline.run(["SELECT 1"], timeout: .seconds(60)) }
            await Task.yield()
            pipeline.close()
            let code = try await early
            #expect(code == nil || code == "connection_lost")
            let late = try await failure { _ = try await pipeline.run(["SELECT 1"], timeout: .seconds(60)) }
            #expect(late == "connection_lost")
        }
        try await Self.expectNone(named: name, server)
    }

    @Test("nobody waits for ever when the thread is stopped, neither who was connecting nor who comes late")
    func stopping() async throws {
        let server = try await TestServer.shared()
        for _ in 0..<10 {
            let reactor = try Reactor()
            let (closed, open) = (server.pipeline(reactor: reactor), server.pipeline(reactor: reactor))
            async let early = failure { _ = try await closed.run(["SELECT 1"], timeout: .seconds(60)) }
            async let served = failure { _ = try await open.run(["SELECT 1"], timeout: .seconds(60)) }
            await Task.yield()
            closed.close()
            reactor.stop()
            let code = try await early
            #expect(code == nil || code == "connection_lost")
            #expect(try await served == nil)
            open.close()
            for pipeline in [closed, open] {
                let late = try await failure { _ = try await pipeline.run(["SELECT 1"], timeout: .seconds(60)) }
                #expect(late == "connection_lost")
            }
        }
    }
}
