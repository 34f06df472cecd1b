import PluginKit
import Synchronization
import TestKit
import Testing

@testable import Events

@Suite("ReadingTurns", .timeLimit(.minutes(5)))
struct ReadingTurnsTests {
    private let tenant = TenantID.make()

    /// Who reads.
    private actor Readers {
        private var count = 0
        private(set) var most = 0
        private(set) var total = 0

        func begin() {
            count += 1
            total += 1
            most = max(most, count)
        }

        func end() { count -= 1 }
    }

    /// Whose turn came after whose.
    private final class Readings: Sendable {
        private let state = Mutex<[TenantID]>([])

        var tenants: [TenantID] { state.withLock { $0 } }
        func note(_ tenant: TenantID) { state.withLock { $0.append(tenant) } }
    }

    @Test("As many read at one time as there are turns and no more, and everybody has one")
    func bounded() async throws {
        let (turns, readers) = (ReadingTurns(3), Readers())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<200 {
                group.addTask { [tenant] in
                    try await turns.take(for: tenant) {
                        await readers.begin()
                        // Until all turns were taken once, nobody gives theirs back.
                        let areTaken = try await eventually { await readers.most >= 3 }
                        #expect(areTaken)
                        await Task.yield()
                        await readers.end()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(await readers.most == 3)
        #expect(await readers.total == 200)
    }

    /// Runs `body` while the only turn is taken, then lets it go.
    private func whileTaken(
        _ turns: ReadingTurns, _ body: (inout ThrowingTaskGroup<Void, any Error>) async throws -> Void
    ) async throws {
        let (gate, key) = AsyncStream<Void>.makeStream()
        let (begun, begin) = AsyncStream<Void>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [tenant] in
                try await turns.take(for: tenant) {
                    begin.yield(())
                    for await _ in gate { break }
                }
            }
            for await _ in begun { break }
            try await body(&group)
            key.yield(())
            try await group.waitForAll()
        }
    }

    @Test("Who is cancelled waits no longer, and keeps nobody from a turn")
    func cancelled() async throws {
        let turns = ReadingTurns(1)
        try await whileTaken(turns) { _ in
            try await withThrowingTaskGroup(of: Void.self) { inner in
                inner.addTask { [tenant] in try await turns.take(for: tenant) {} }
                let waits = try await eventually { turns.waitingCount == 1 }
                #expect(waits)
                inner.cancelAll()
                await #expect(throws: CancellationError.self) { try await inner.next() }
            }
            #expect(turns.waitingCount == 0)
        }
        try await turns.take(for: tenant) {}
    }

    @Test("However many of one tenant wait, another one's turn comes after the next")
    func rotation() async throws {
        let (turns, other) = (ReadingTurns(1), TenantID.make())
        let order = Readings()
        try await whileTaken(turns) { group in
            for _ in 0..<100 {
                group.addTask { [tenant] in try await turns.take(for: tenant) { order.note(tenant) } }
            }
            let areWaiting = try await eventually { turns.waitingCount == 100 }
            #expect(areWaiting)
            group.addTask { try await turns.take(for: other) { order.note(other) } }
            let isLast = try await eventually { turns.waitingCount == 101 }
            #expect(isLast)
        }
        #expect(order.tenants.firstIndex(of: other) == 1)
        #expect(order.tenants.count == 101)
    }

    @Test("A turn that ends with an error is the next one's")
    func failed() async throws {
        let turns = ReadingTurns(1)
        await #expect(throws: Problem.self) {
            try await turns.take(for: tenant) { () async throws -> Void in throw Problem.notFound }
        }
        try await turns.take(for: tenant) {}
    }
}
