import PluginKit
import TestKit
import Testing

@testable import Postgres

extension LeasePoolTests {
    /// Holds the only connection of a pool while `body` runs.
    private func whileAllAreLent(_ body: @Sendable (LeasePool) async throws -> Void) async throws {
        let server = try await TestServer.shared()
        let pool = server.leases(budget: 1)
        defer { pool.close() }
        try await pool.withLease(as: "holder") { _ in try await body(pool) }
        #expect(pool.connectionCount <= 1)
        let code = try await failure { try await pool.withLease(as: "next") { _ in } }
        #expect(code == nil)
    }

    @Test("who finds no free connection within five seconds hears that there are too many")
    func waitingEnds() async throws {
        try await whileAllAreLent { pool in
            let start = ContinuousClock.now
            let code = try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    while !Task.isCancelled {
                        pool.tick()
                        try? await Task.sleep(for: .milliseconds(50))
                    }
                }
                defer { group.cancelAll() }
                return try await failure { try await pool.withLease(as: "late") { _ in } }
            }
            #expect(code == "overloaded")
            #expect(ContinuousClock.now - start >= .seconds(5))
        }
    }

    @Test("when too many wait already, the next is refused at once")
    func fullQueueRefuses() async throws {
        try await whileAllAreLent { pool in
            let codes = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<257 {
                    group.addTask { try await failure { try await pool.withLease(as: "queue") { _ in } } }
                }
                let first = try await group.next() ?? nil
                group.cancelAll()
                return try await group.reduce(into: [first]) { $0.append($1) }
            }
            #expect(codes.first == "overloaded")
            #expect(codes.dropFirst().allSatisfy { $0 == "timeout" })
            #expect(codes.count == 257)
        }
    }

    @Test("a waiter who goes away, or has gone already, is told at once")
    func waiterMayLeave() async throws {
        try await whileAllAreLent { pool in
            let isOver = try await finishes(within: .seconds(4)) {
                let leaving = Task { try await failure { try await pool.withLease(as: "leaving") { _ in } } }
                await Task.yield()
                leaving.cancel()
                #expect(try await leaving.value == "timeout")
                let gone = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    return try await failure { try await pool.withLease(as: "gone") { _ in } }
                }
                let code = try await gone.value
                #expect(code == "timeout")
            }
            #expect(isOver)
        }
    }

    @Test("closing ends what nobody holds")
    func closingEndsIdle() async throws {
        let server = try await TestServer.shared()
        let pool = server.leases(budget: 2)
        let backend = try await pool.withLease(as: "a") {
            try await $0.run("SELECT pg_backend_pid() AS pid").first?.get("pid", as: Int.self)
        }
        pool.close()
        #expect(pool.connectionCount == 0)
        let isGone = try await server.asSuperuser { lease in
            try await eventually {
                try await lease.run("SELECT 1 FROM pg_stat_activity WHERE pid = \(backend ?? 0)::int").isEmpty
            }
        }
        #expect(isGone)
    }
}
