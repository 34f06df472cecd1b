import Foundation
import Logging
import PluginHost
import PluginKit
import ServiceLifecycle
import Synchronization
import TestKit
import Testing

@Suite("Plugin wall")
struct PluginWallTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// A wall with its watch, for the time of `body`.
    private func with(
        _ adjust: (inout PluginWall.Limits) -> Void = { _ in }, _ body: @Sendable (PluginWall) async throws -> Void
    ) async throws {
        var limits = PluginWall.Limits()
        limits.deadline = .milliseconds(200)
        limits.threads = 2
        adjust(&limits)
        let wall = PluginWall(name: "sample", limits: limits)
        let watch = PluginWatch([wall], limits: .init(), recycler: Recycler(), logger: Self.logger)
        let group = ServiceGroup(
            configuration: .init(services: [.init(service: wall), .init(service: watch)], logger: Self.logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            do {
                try await body(wall)
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    private func code(of body: () async throws -> Void) async -> String? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? Problem)?.code ?? "\(type(of: error))"
        }
    }

    @Test("What the code returns and what it throws come through, on threads of the plugin's own")
    func passesThrough() async throws {
        try await with { wall in
            let name = try await wall.run(for: nil) { threadName() }
            #expect(name == "sample")
            #expect(await code { try await wall.run(for: nil) { throw Problem.notFound } } == "not_found")
            #expect(await code { try await wall.run(for: nil) { throw Mishap() } } == "Mishap")
            #expect(wall.status.inFlight == 0 && wall.status.faults == 1)
            #expect(wall.status.lastError?.kind == "Mishap")
        }
    }

    @Test("Code that is too slow is answered for and cancelled")
    func deadline() async throws {
        try await with { wall in
            let wasCancelled = Mutex(false)
            let code = await code {
                try await wall.run(for: nil) {
                    do { try await Task.sleep(for: .seconds(30)) } catch { wasCancelled.withLock { $0 = true } }
                }
            }
            #expect(code == "plugin_timeout")
            let isOver = try await eventually { wasCancelled.withLock { $0 } && wall.status.inFlight == 0 }
            #expect(isOver)
            #expect(wall.status.timeouts == 1)
        }
    }

    @Test("Code that waits for other code of the same plugin is cancelled with it")
    func nested() async throws {
        try await with { wall in
            let code = await code {
                try await wall.run(for: nil) {
                    try await wall.run(for: nil, deadline: .seconds(60)) { try await Task.sleep(for: .seconds(30)) }
                }
            }
            #expect(code == "plugin_timeout")
            let isOver = try await eventually { wall.status.inFlight == 0 }
            #expect(isOver)
        }
    }

    @Test("Code that computes until it is cancelled is, also when it holds every thread that there may be")
    func computesUntilCancelled() async throws {
        try await with { wall in
            try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<12 {
                    group.addTask {
                        await code {
                            try await wall.run(for: nil) {
                                while !Task.isCancelled { usleep(10_000) }
                            }
                        }
                    }
                }
                for try await code in group { #expect(code == "plugin_timeout") }
            }
            let isOver = try await eventually { wall.status.inFlight == 0 }
            #expect(isOver)
        }
    }

    @Test("Code that blocks when it is cancelled keeps no deadline of others from being kept")
    func blocksCancellation() async throws {
        let gate = Gate()
        try await with { wall in
            defer { gate.open() }
            let stubborn: @Sendable () async throws -> Void = {
                try await withTaskCancellationHandler {
                    try await Task.sleep(for: .seconds(30))
                } onCancel: {
                    gate.pass()
                }
            }
            #expect(await code { try await wall.run(for: nil, stubborn) } == "plugin_timeout")
            #expect(await code { try await wall.run(for: nil, stubborn) } == "plugin_timeout")
            gate.open()
            let isOver = try await eventually { wall.status.inFlight == 0 }
            #expect(isOver)
        }
    }

    @Test("Code that blocks every thread is answered for, and other work of the same plugin goes on")
    func blockedThreads() async throws {
        let gate = Gate()
        try await with { wall in
            defer { gate.open() }
            try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        await code { try await wall.run(for: nil) { gate.pass() } }
                    }
                }
                let areWrittenOff = try await eventually { wall.status.threadsWrittenOff == 4 }
                #expect(areWrittenOff)
                #expect(try await wall.run(for: nil) { 7 } == 7)
                for try await code in group { #expect(code == "plugin_timeout") }
                gate.open()
            }
            let holds1 = try await eventually { wall.status.inFlight == 0 && wall.status.threadsWrittenOff == 0 }
            #expect(holds1)
        }
    }

    @Test("No tenant takes the whole share, and all together take no more than it")
    func shares() async throws {
        try await with {
            $0.requests = 3
            $0.requestsPerTenant = 2
        } _: { wall in
            let (one, other) = (TenantID.make(), TenantID.make())
            try await withThrowingTaskGroup(of: Void.self) { group in
                for tenant in [one, one, other] {
                    group.addTask { try? await wall.run(for: tenant) { try await Task.sleep(for: .seconds(30)) } }
                }
                let areBegun = try await eventually { wall.status.inFlight == 3 }
                #expect(areBegun)
                #expect(await code { try await wall.run(for: other) {} } == "plugin_busy")
            }
            let holds2 = try await eventually { wall.status.inFlight == 0 }
            #expect(holds2)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<2 {
                    group.addTask { try? await wall.run(for: one) { try await Task.sleep(for: .seconds(30)) } }
                }
                let areBegun = try await eventually { wall.status.inFlight == 2 }
                #expect(areBegun)
                #expect(await code { try await wall.run(for: one) {} } == "plugin_busy")
                #expect(await code { try await wall.run(for: other) {} } == nil)
            }
        }
    }

    @Test("Code that fails for one tenant is soon not asked for that tenant, and is for every other")
    func breakers() async throws {
        try await with { wall in
            let (one, other) = (TenantID.make(), TenantID.make())
            for _ in 0..<20 {
                #expect(await code { try await wall.run(for: one) { throw Mishap() } } == "Mishap")
            }
            #expect(await code { try await wall.run(for: one) {} } == "plugin_failing")
            #expect(await code { try await wall.run(for: other) {} } == nil)
            #expect(wall.status.failingTenants == 1)
        }
    }

    @Test("Answers that are problems are no failures")
    func problemsAreAnswers() async throws {
        try await with { wall in
            let tenant = TenantID.make()
            for _ in 0..<40 { _ = await code { try await wall.run(for: tenant) { throw Problem.notFound } } }
            #expect(await code { try await wall.run(for: tenant) {} } == nil)
            #expect(wall.status.faults == 0)
        }
    }

    @Test("Whoever leaves takes the work along")
    func callersWhoLeave() async throws {
        try await with {
            $0.deadline = .seconds(30)
        } _: { wall in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await wall.run(for: nil) { try await Task.sleep(for: .seconds(30)) } }
                let isBegun = try await eventually { wall.status.inFlight == 1 }
                #expect(isBegun)
                group.cancelAll()
            }
            #expect(wall.status.inFlight == 0 && wall.status.faults == 0)
        }
    }
}

/// An error of a plugin's own.
private struct Mishap: Error {}

/// As the system has it.
private func threadName() -> String? {
    let path = "/proc/thread-self/comm"
    return FileManager.default.contents(atPath: path).map { String(decoding: $0.dropLast(), as: UTF8.self) }
}
