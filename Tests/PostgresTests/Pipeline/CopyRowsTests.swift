import Synchronization
import TestKit
import Testing

@testable import Postgres

@Suite("Copy rows")
struct CopyRowsTests {
    private final class Calls: Sendable {
        let count = Atomic(0)
    }

    @Test("reading stops at the bound and goes on when the reader has taken what there is, once for each stop")
    func bound() async throws {
        let resumed = Calls()
        let rows = CopyRows(bound: 1000) { resumed.count.add(1, ordering: .relaxed) }
        for round in 1...3 {
            var held = 0
            while held < 100_000, rows.hasRoom() {
                rows.add(Array(repeating: 1, count: 300))
                held += 300
            }
            #expect(held == 1200, "the bound, and what of a row is beyond it")
            #expect(resumed.count.load(ordering: .relaxed) == round - 1)
            let taken = try await rows.next()
            #expect(taken?.count == 4 && resumed.count.load(ordering: .relaxed) == round)
        }
        #expect(rows.hasRoom())
        rows.finish(nil)
        #expect(try await rows.next() == nil)
    }

    @Test("what a reader has left behind is dropped and stops nothing")
    func abandoned() async throws {
        let resumed = Calls()
        let rows = CopyRows(bound: 10) { resumed.count.add(1, ordering: .relaxed) }
        rows.add(Array(repeating: 1, count: 20))
        #expect(!rows.hasRoom())
        async let leaving: Void = rows.abandon()
        let isResumed = try await eventually { resumed.count.load(ordering: .relaxed) == 1 }
        #expect(isResumed)
        for _ in 0..<100 {
            #expect(rows.hasRoom())
            rows.add(Array(repeating: 1, count: 20))
        }
        rows.finish(nil)
        await leaving
    }

    @Test("a failure comes after the rows before it")
    func failing() async throws {
        let rows = CopyRows(bound: 10) {}
        rows.add([1])
        rows.finish(DatabaseError(.connectionLost))
        #expect(try await rows.next() == [[1]])
        await #expect(throws: DatabaseError.self) { _ = try await rows.next() }
    }
}
