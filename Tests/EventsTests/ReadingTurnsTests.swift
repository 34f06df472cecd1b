import PluginKit
import Testing

@testable import Events

@Suite("ReadingTurns")
struct ReadingTurnsTests {
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

    @Test("No more read at one time than there are turns, and everybody has one")
    func bounded() async throws {
        let (turns, readers) = (ReadingTurns(3), Readers())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    try await turns.take {
                        await readers.begin()
                        await Task.yield()
                        await readers.end()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(await readers.most <= 3)
        #expect(await readers.total == 200)
    }

    @Test("Who is cancelled waits no longer, and keeps nobody from a turn")
    func cancelled() async throws {
        let turns = ReadingTurns(1)
        let (gate, key) = AsyncStream<Void>.makeStream()
        let (begun, begin) = AsyncStream<Void>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await turns.take {
                    begin.yield(())
                    for await _ in gate { break }
                }
            }
            for await _ in begun { break }
            let waiting = Task { try await turns.take {} }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            key.yield(())
            try await group.waitForAll()
        }
        try await turns.take {}
    }

    @Test("A turn that ends with an error is the next one's")
    func failed() async throws {
        let turns = ReadingTurns(1)
        await #expect(throws: Problem.self) {
            try await turns.take { () async throws -> Void in throw Problem.notFound }
        }
        try await turns.take {}
    }
}
