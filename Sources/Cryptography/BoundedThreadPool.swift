import Synchronization

/// Runs costly work on a few threads of its own, keeps a bounded queue, and refuses what exceeds it.
///
/// A thread lives while there is work and ends with it, so an idle pool costs nothing and needs no shutdown.
package final class BoundedThreadPool: Sendable {
    private struct Job: Sendable {
        let id: UInt64
        let run: @Sendable () -> Void
        let refuse: @Sendable (any Error) -> Void
    }

    private struct State {
        var lastID: UInt64 = 0
        var running = 0
        var waiting: [Job] = []
    }

    private enum Admission {
        case start, wait, refuse
    }

    private let concurrency: Int
    private let queueLimit: Int
    private let overload: any Error
    private let state = Mutex(State())

    /// - Parameters:
    ///   - concurrency: How many jobs run at once, at least 1.
    ///   - queueLimit: How many jobs may wait, at least 0.
    ///   - overload: What callers get when the queue is full or the system has no thread to give.
    package init(concurrency: Int, queueLimit: Int, overload: any Error) {
        self.concurrency = max(1, concurrency)
        self.queueLimit = max(0, queueLimit)
        self.overload = overload
    }

    /// How many jobs wait for a thread.
    package var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Whether the next caller would be refused.
    package var isFull: Bool { state.withLock { $0.running >= concurrency && $0.waiting.count >= queueLimit } }

    /// Runs `work` on a thread of the pool, in order of arrival.
    ///
    /// A cancelled caller leaves the queue at once; work that has begun runs to its end, and its result is returned.
    ///
    /// - Throws: The pool's overload error, `CancellationError`, or what `work` throws.
    package func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try Task.checkCancellation()
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                submit(
                    Job(
                        id: id,
                        run: { continuation.resume(with: Result { try work() }) },
                        refuse: { continuation.resume(throwing: $0) }
                    )
                )
                // A cancellation before the submission found nothing to remove.
                if Task.isCancelled { cancel(id) }
            }
        } onCancel: {
            cancel(id)
        }
    }

    private func submit(_ job: Job) {
        let admission = state.withLock { state -> Admission in
            if state.running < concurrency {
                state.running += 1
                return .start
            }
            guard state.waiting.count < queueLimit else { return .refuse }
            state.waiting.append(job)
            return .wait
        }
        switch admission {
        case .wait: break
        case .refuse: job.refuse(overload)
        case .start:
            if !WorkerThread.start({ self.work(from: job) }) {
                job.refuse(overload)
                releaseWithoutThread()
            }
        }
    }

    /// The life of a thread: its first job, then those that wait, until none does.
    private func work(from first: Job) {
        var next: Job? = first
        while let job = next {
            job.run()
            next = state.withLock { state in
                if state.waiting.isEmpty {
                    state.running -= 1
                    return nil
                }
                return state.waiting.removeFirst()
            }
        }
    }

    /// Gives back the place of a thread that never began; with no other thread alive, those who wait are refused too.
    private func releaseWithoutThread() {
        let stranded = state.withLock { state -> [Job] in
            state.running -= 1
            guard state.running == 0 else { return [] }
            defer { state.waiting = [] }
            return state.waiting
        }
        for job in stranded { job.refuse(overload) }
    }

    private func cancel(_ id: UInt64) {
        let job = state.withLock { state in
            state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0) }
        }
        job?.refuse(CancellationError())
    }
}
