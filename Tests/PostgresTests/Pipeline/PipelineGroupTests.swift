import PluginKit
import TestKit
import Testing

@testable import Postgres

@Suite("Pipeline group")
struct PipelineGroupTests {
    @Test(
        "the first pipeline serves until it is loaded, then the others; what is answered, failed or abandoned weighs nothing"
    )
    func loadIsSpread() async throws {
        let server = try await TestServer.shared()
        let pipelines = (0..<3).map { _ in server.pipeline() }
        let group = PipelineGroup(pipelines)
        defer { group.close() }
        let holder = server.leases(budget: 1)
        defer { holder.close() }
        let key = Int64.random(in: 0...(.max))
        try await holder.withLease(as: "holder") { lease in
            try await lease.run("SELECT pg_advisory_lock(\(key))")
            try await withThrowingTaskGroup(of: Void.self) { waiting in
                for number in 0..<12 {
                    let pipeline = group.leastLoaded
                    let expected = number < 6 ? number / 2 : nil
                    #expect(expected.map { pipelines[$0] === pipeline } ?? true, "request \(number)")
                    waiting.addTask {
                        _ = try await pipeline.run(
                            ["SELECT pg_advisory_xact_lock_shared(\(key))"], timeout: .seconds(60))
                    }
                    let isWaiting = try await eventually { pipelines.reduce(0) { $0 + $1.load } == number + 1 }
                    #expect(isWaiting)
                }
                #expect(pipelines.allSatisfy { $0.load >= 2 })
                try await lease.run("SELECT pg_advisory_unlock(\(key))")
                try await waiting.waitForAll()
            }
        }
        #expect(pipelines.map(\.load) == [0, 0, 0])
        _ = try await failure { _ = try await pipelines[0].run(["SELECT 1 / \(0)"]) }
        _ = try await failure { _ = try await pipelines[0].run(["BEGIN"]) }
        let leaving = Task { try await pipelines[0].run(["SELECT 1"]) }
        leaving.cancel()
        _ = await leaving.result
        #expect(pipelines[0].load == 0)
        #expect(group.leastLoaded === pipelines[0])
    }
}
