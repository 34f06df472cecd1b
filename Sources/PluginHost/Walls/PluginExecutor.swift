internal import CrashReporter
internal import Foundation
internal import Synchronization

/// A few threads for one plugin's code and nobody else's: what blocks or computes for ever holds up itself.
///
/// Threads begin when they are needed. One that stays in a single job for long is written off: from then on it runs
/// only when the machine has nothing else to do, and another takes its place, up to a bound.
final class PluginExecutor: TaskExecutor {
    /// How long a job may hold its thread before the thread is written off.
    private static let patience: Duration = .milliseconds(100)
    /// How many threads may be written off at one time; beyond that the plugin waits for itself.
    private static let maximumWrittenOff = 8

    /// A thread, as the watch sees it.
    private final class Worker: Sendable {
        let thread = Atomic<Int32>(0)
        /// When its job began, in nanoseconds of the monotonic clock; 0 between jobs.
        let since = Atomic<UInt64>(0)
        let isWrittenOff = Atomic(false)

        func isHeld(at now: UInt64, longerThan patience: Duration) -> Bool {
            let since = since.load(ordering: .relaxed)
            let limit = UInt64(patience / .nanoseconds(1))
            return since > 0 && now > since && now - since > limit && !isWrittenOff.load(ordering: .relaxed)
        }
    }

    private let name: String
    private let queue: ExecutorJobQueue
    private let workers = Mutex<[ObjectIdentifier: Worker]>([:])

    /// - Parameters:
    ///   - name: of the plugin, which its threads bear too.
    ///   - threads: how many there are at most, those not counted that are written off.
    init(name: String, threads: Int) {
        self.name = name
        queue = ExecutorJobQueue(threads: max(1, threads))
    }

    /// How many jobs wait for a thread.
    var waiting: Int { queue.count }

    /// How many threads are held by one job for longer than is decent.
    var writtenOff: Int { workers.withLock { $0.values.count { $0.isWrittenOff.load(ordering: .relaxed) } } }

    func enqueue(_ job: consuming ExecutorJob) {
        if queue.push(UnownedJob(job)) { start() }
    }

    /// Wakes a thread for jobs that wait, and writes off threads that are held for too long; to be called every few milliseconds.
    func watch() {
        if queue.hasten() { start() }
        let now = PluginExecutor.now
        let held = workers.withLock { workers in
            let writtenOff = workers.values.count { $0.isWrittenOff.load(ordering: .relaxed) }
            return workers.values.filter { $0.isHeld(at: now, longerThan: PluginExecutor.patience) }
                .prefix(max(0, PluginExecutor.maximumWrittenOff - writtenOff))
        }
        for worker in held where !worker.isWrittenOff.exchange(true, ordering: .relaxed) {
            romashka_thread_set_idle(worker.thread.load(ordering: .relaxed))
            if queue.writeOff() { start() }
        }
    }

    /// Lets the threads end once nothing is left to do.
    func close() { queue.close() }

    private func start() {
        let worker = Worker()
        workers.withLock { $0[ObjectIdentifier(worker)] = worker }
        Thread.detachNewThread { self.serve(worker) }
    }

    /// The life of a thread.
    private func serve(_ worker: Worker) {
        romashka_crash_enter_thread(name)
        defer { romashka_crash_leave_thread() }
        worker.thread.store(romashka_thread_id(), ordering: .relaxed)
        let executor = asUnownedTaskExecutor()
        while !worker.isWrittenOff.load(ordering: .relaxed), let job = queue.pop() {
            worker.since.store(PluginExecutor.now, ordering: .relaxed)
            job.runSynchronously(on: executor)
            worker.since.store(0, ordering: .relaxed)
        }
        workers.withLock { $0[ObjectIdentifier(worker)] = nil }
    }

    private static var now: UInt64 { DispatchTime.now().uptimeNanoseconds }
}
