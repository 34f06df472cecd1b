import PluginKit
import TestKit
import Testing

@testable import Postgres

extension LeasePoolTests {
    @Test("a tenant that floods the pool with slow statements keeps neither another tenant nor the kernel waiting")
    func floodOfOne() async throws {
        let server = try await TestServer.shared()
        let pool = server.leases(budget: 8)
        defer { pool.close() }
        let (flooding, other) = (TenantID.make(), TenantID.make())
        let codes = try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    try await failure {
                        try await pool.withLease(as: "flood", for: flooding) { lease in
                            _ = try await lease.run("SELECT pg_sleep(60)")
                        }
                    }
                }
            }
            let isHeld = try await eventually { pool.connectionCount == 2 }
            #expect(isHeld)
            let isPrompt = try await finishes(within: .seconds(4)) {
                for _ in 0..<3 {
                    try await pool.withLease(as: "other", for: other) { _ = try await $0.run("SELECT 1") }
                    try await pool.withLease(as: "kernel") { _ = try await $0.run("SELECT 1") }
                }
            }
            #expect(isPrompt)
            group.cancelAll()
            return try await group.reduce(into: [String?]()) { $0.append($1) }
        }
        #expect(codes.count == 40 && !codes.contains(nil))
    }
}
