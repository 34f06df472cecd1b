internal import Glibc

/// Jobs that wait for a thread, and threads that wait for a job.
///
/// A condition variable, because the standard library has none and a thread must sleep without turning.
final class ExecutorJobQueue: @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let arrival = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var jobs: [UnownedJob] = []
    /// Where the first job stands; what is before it is gone.
    private var head = 0
    /// Threads that sleep and that nobody has woken.
    private var idle = 0
    /// Threads that were woken and have not noticed yet.
    private var woken = 0
    private var threads = 0
    private var isClosed = false
    private let limit: Int
    /// How many jobs may wait for a thread that is at work before another one is woken.
    private static let patience = 8

    /// - Parameter threads: how many serve the queue at once, those not counted that were written off.
    init(threads limit: Int) {
        self.limit = limit
        pthread_mutex_init(lock, nil)
        pthread_cond_init(arrival, nil)
    }

    deinit {
        pthread_cond_destroy(arrival)
        pthread_mutex_destroy(lock)
        arrival.deallocate()
        lock.deallocate()
    }

    /// How many jobs wait.
    var count: Int { locked { jobs.count - head } }

    /// Adds a job. Returns whether another thread is wanted for it, which then counts already.
    func push(_ job: UnownedJob) -> Bool {
        locked {
            jobs.append(job)
            // Waking a thread costs more than most jobs: while one is at work, a few jobs wait for it.
            guard threads == idle || jobs.count - head > ExecutorJobQueue.patience else { return false }
            return callThread()
        }
    }

    /// Sees to it that jobs do not wait for a thread that is held; to be called every few milliseconds.
    ///
    /// - Returns: whether another thread is wanted, which then counts already.
    func hasten() -> Bool {
        locked { head < jobs.count && callThread() }
    }

    private func callThread() -> Bool {
        if idle > 0 {
            idle -= 1
            woken += 1
            pthread_cond_signal(arrival)
            return false
        }
        guard threads < limit else { return false }
        threads += 1
        return true
    }

    /// Waits for a job; nil when the thread is to end, and then it no longer counts.
    func pop() -> UnownedJob? {
        locked {
            while head == jobs.count {
                if isClosed {
                    threads -= 1
                    return nil
                }
                idle += 1
                while woken == 0, !isClosed { pthread_cond_wait(arrival, lock) }
                if woken > 0 { woken -= 1 } else { idle -= 1 }
            }
            defer { compact() }
            head += 1
            return jobs[head - 1]
        }
    }

    /// A thread that serves the queue no more. Returns whether jobs wait for another one, which then counts already.
    func writeOff() -> Bool {
        locked {
            guard head < jobs.count, idle == 0 else {
                threads -= 1
                return false
            }
            return true
        }
    }

    /// Lets threads end when there is nothing left; what still comes is served by a new one.
    func close() {
        locked {
            isClosed = true
            pthread_cond_broadcast(arrival)
        }
    }

    private func compact() {
        guard head > 64, head * 2 > jobs.count else { return }
        jobs.removeFirst(head)
        head = 0
    }

    private func locked<Value>(_ body: () -> Value) -> Value {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return body()
    }
}
