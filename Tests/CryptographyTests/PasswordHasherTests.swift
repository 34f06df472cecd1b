import Cryptography
import Foundation
import Testing

@Suite("The password hasher and its threads", .timeLimit(.minutes(1)))
struct PasswordHasherTests {
    struct Refused: Error, Equatable {}

    private static func hasher() throws -> PasswordHasher {
        PasswordHasher(cost: try #require(ScryptCost(logarithm: 4, blockSize: 8, parallelization: 1)))
    }

    @Test("verifies what it hashed")
    func roundTrip() async throws {
        let hasher = try Self.hasher()
        let hash = try await hasher.hash(Password("secret"))
        #expect(try await hasher.verify(Password("secret"), against: hash))
        #expect(try await hasher.verify(Password("Secret"), against: hash) == false)
    }

    #if os(Linux)
        @Test("works where requests come first, and yet gets its share of a machine that others keep busy")
        func priority() async throws {
            let pool = BoundedThreadPool(concurrency: 1, queueLimit: 1, overload: Refused())
            let (policy, niceness) = try await pool.run {
                (sched_getscheduler(0), getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0))
            }
            #expect(policy == SCHED_OTHER && niceness == 10)
        }
    #endif

    @Test("says no when there is no account, after the work of one")
    func unknownAccount() async throws {
        let hasher = PasswordHasher()
        let password = try Password("secret")
        let hash = try await hasher.hash(password)
        let before = Self.processorTime()
        let isRight = try hash.matches(password)
        let work = Self.processorTime() - before
        var answer = true
        let unknown = try await ContinuousClock().measure { answer = try await hasher.verify(password, against: nil) }
        #expect(isRight && !answer)
        // However busy the machine is: no answer comes sooner than its work is done.
        #expect(unknown > work / 4)
    }

    /// What this thread has spent on the processor.
    private static func processorTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    @Test("refuses the caller that finds the queue full, and serves those before it")
    func overload() async throws {
        let gate = Gate()
        let pool = BoundedThreadPool(concurrency: 2, queueLimit: 3, overload: PasswordError.overloaded)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<5 {
                group.addTask {
                    try await pool.run {
                        gate.wait(); return number
                    }
                }
            }
            while gate.arrivals < 2 || pool.waitingCount < 3 { await Task.yield() }
            await #expect(throws: PasswordError.overloaded) { try await pool.run { 5 } }
            gate.open()
            var served: Set<Int> = []
            for try await number in group { served.insert(number) }
            #expect(served == [0, 1, 2, 3, 4])
        }
        #expect(gate.mostAtOnce == 2)
    }

    @Test("lets a cancelled caller leave the queue at once, and its work undone")
    func cancellation() async throws {
        let gate = Gate()
        let abandoned = Gate()
        abandoned.open()
        let pool = BoundedThreadPool(concurrency: 1, queueLimit: 4, overload: Refused())
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pool.run { gate.wait() } }
            while gate.arrivals < 1 { await Task.yield() }
            await withThrowingTaskGroup(of: Void.self) { inner in
                inner.addTask { try await pool.run { abandoned.wait() } }
                while pool.waitingCount < 1 { await Task.yield() }
                inner.cancelAll()
                await #expect(throws: CancellationError.self) { try await inner.next() }
            }
            #expect(pool.waitingCount == 0)
            gate.open()
            await #expect(throws: Never.self) { try await group.next() }
        }
        #expect(try await pool.run { 1 } == 1)
        #expect(abandoned.arrivals == 0)
    }

    @Test("survives callers that are cancelled at any moment")
    func cancellationStorm() async throws {
        let pool = BoundedThreadPool(concurrency: 2, queueLimit: 1_000, overload: Refused())
        for round in 0..<50 {
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<20 { group.addTask { _ = try? await pool.run { number } } }
                for _ in 0..<(round % 10) { await Task.yield() }
                group.cancelAll()
            }
        }
        #expect(pool.waitingCount == 0)
        #expect(try await pool.run { "alive" } == "alive")
    }

    @Test("hands the error of the work to the caller, and goes on")
    func failure() async throws {
        let pool = BoundedThreadPool(concurrency: 1, queueLimit: 1, overload: PasswordError.overloaded)
        await #expect(throws: Refused.self) { try await pool.run { throw Refused() } }
        #expect(try await pool.run { 2 } == 2)
    }

    @Test("leaves Swift's own threads free while it computes")
    func cooperativeThreads() async throws {
        let gate = Gate()
        let count = ProcessInfo.processInfo.activeProcessorCount * 2
        let pool = BoundedThreadPool(concurrency: count, queueLimit: 0, overload: Refused())
        await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<count { group.addTask { try await pool.run { gate.wait() } } }
            while gate.arrivals < count { await Task.yield() }
            gate.open()
        }
        #expect(gate.mostAtOnce == count)
    }
}
