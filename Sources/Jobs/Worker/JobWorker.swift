internal import Foundation
package import Logging
internal import Observability
@_spi(Kernel) internal import PluginKit
internal import ServiceLifecycle
internal import Synchronization
package import Tenancy

/// Runs the jobs of one module: claims them in fair turns, runs each in its tenant's session behind the module's wall,
/// and is heard of as long as it does.
package final class JobWorker: Service {
    /// The worker was silent for too long, and what it had is others' by now.
    package struct Lost: Error {}

    private struct State {
        var pace: ClaimPace
        var running = 0
        var isLeaving = false
        var tally = JobTally()
        /// The leases of what was claimed here and is not done.
        var held: Set<UUID> = []
        /// What attempts came to that could not be noted yet.
        var unnoted: [UUID: (job: ClaimedJob, outcome: JobOutcome)] = [:]
    }

    let module: Module
    let queue: JobQueue
    private let lease: WorkerLease
    private let listener: JobListener
    private let settings: Settings
    let logger: Logger
    private let state: Mutex<State>
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation
    package let meter = JobMeter()

    package init(_ module: Module, databases: Databases, settings: Settings = Settings(), logger: Logger) {
        let pipeline = databases.pipeline(of: .worker)
        self.module = module
        self.settings = settings
        state = Mutex(State(pace: ClaimPace(slots: settings.slots)))
        self.logger = logger
        queue = JobQueue(module: module.name, pipeline: pipeline)
        lease = WorkerLease(id: settings.id, module: module.name, pipeline: pipeline)
        listener = databases.jobListener()
        (signals, signal) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Looks for work at once instead of at the next turn.
    package func wake() { signal.yield() }

    /// Works until shutdown; then takes nothing new, lets what runs go on for a while, and gives the rest back uncounted.
    ///
    /// - Throws: `Lost` when it was silent for too long.
    package func run() async throws {
        try await lease.begin()
        do {
            try await withGracefulShutdownHandler {
                try await work()
            } onGracefulShutdown: {
                self.state.withLock { $0.isLeaving = true }
                self.wake()
            }
        } catch {
            try? await lease.end()
            throw error
        }
        // Metrics are worth no lease.
        try? await note()
        try await lease.end()
    }

    /// Writes down what attempts came to; what cannot be written is kept for the next time.
    private func note() async throws {
        let sums = meter.take()
        do {
            try await lease.note(sums)
        } catch {
            meter.giveBack(sums)
            throw error
        }
    }

    private func work() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.beat() }
            group.addTask { try await self.tick() }
            group.addTask { await self.listener.run { self.wake() } }
            group.addTask { try await self.serve() }
            // The first to end is `serve`, or whoever failed.
            try await group.next()
            group.cancelAll()
        }
    }

    private var isLeaving: Bool { state.withLock { $0.isLeaving } }

    /// Claims and runs until there is nothing left to wait for.
    private func serve() async throws {
        var lastWork = ContinuousClock.now
        try await withThrowingDiscardingTaskGroup { group in
            for await _ in signals {
                if isLeaving { break }
                if state.withLock({ $0.running > 0 }) { lastWork = .now }
                if let limit = settings.endsWhenIdleFor, lastWork.duration(to: .now) > limit { return }
                // Asked each time: where there is always more, this loop has no end of its own.
                while !isLeaving, let jobs = try await claim(), !jobs.isEmpty {
                    for job in jobs { group.addTask { await self.run(job) } }
                }
            }
            await leave()
            group.cancelAll()
        }
    }

    /// Lets what runs go on for a while.
    private func leave() async {
        let deadline = ContinuousClock.now + settings.farewell
        while state.withLock({ $0.running > 0 }), ContinuousClock.now < deadline {
            try? await Task.sleep(for: settings.interval)
        }
    }

    /// Takes what there is room for; nil when it should wait.
    private func claim() async throws -> [ClaimedJob]? {
        let room = state.withLock { $0.pace.room(running: $0.running, at: .now) }
        return room > 0 ? try await claim(room) : nil
    }

    private func claim(_ room: Int) async throws -> [ClaimedJob]? {
        let owed = state.withLock { $0.tally.entries }
        do {
            switch try await queue.claim(room, for: lease.id, settling: owed) {
            case .nothing: return nil
            case .outrun: return try await claim(room)
            case .jobs(let jobs):
                state.withLock { state in
                    state.running += jobs.count
                    state.held.formUnion(jobs.map(\.lease))
                    state.tally.settle(owed, of: Array(Set(jobs.map(\.tenant))))
                }
                return jobs
            }
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            logger.warning("jobs could not be claimed", metadata: ["error": "\(String(reflecting: error))"])
            try await Task.sleep(for: .milliseconds(200))
            return nil
        }
    }

    private func run(_ job: ClaimedJob) async {
        let (start, stopwatch) = (ContinuousClock.now, Stopwatch())
        let (parent, scope) = scope(of: job)
        let outcome = await RequestScope.$current.withValue(scope) { await attempt(job) }
        let taken = start.duration(to: .now)
        if let scope { module.tracer.record(span(of: job, outcome, in: scope, after: parent, stopwatch)) }
        await conclude(job, outcome)
        meter.count(outcome, taken)
        let isHungry = state.withLock { state in
            state.running -= 1
            state.tally.add(job.tenant, charged: job.charged, taken: taken / .milliseconds(1))
            return state.pace.hasRoom(running: state.running)
        }
        if isHungry { wake() }
    }

    /// Writes down what did not succeed; what cannot be written down now is tried again with the heartbeat.
    private func conclude(_ job: ClaimedJob, _ outcome: JobOutcome) async {
        // What a shutdown interrupted is given back with the lease, and does not count.
        guard !Task.isCancelled else { return }
        do {
            try await write(outcome, of: job)
            state.withLock { state in
                state.held.remove(job.lease)
                state.unnoted[job.lease] = nil
            }
        } catch {
            state.withLock { $0.unnoted[job.lease] = (job, outcome) }
            logger.warning("a job's failure could not be noted", metadata: ["job": "\(job.id)", "error": "\(error)"])
        }
    }

    /// What the database and this worker do not agree on: failures that were not noted, and claims whose answer was lost.
    private func reconcile() async throws {
        for (job, outcome) in state.withLock({ Array($0.unnoted.values) }) { await conclude(job, outcome) }
        let count = try await lease.giveBack(except: state.withLock { $0.held })
        if count > 0 {
            logger.warning("jobs that were claimed and lost are ready again", metadata: ["jobs": "\(count)"])
        }
    }

    /// Is heard of, and looks after those who are not.
    private func beat() async throws {
        var lastBeat = ContinuousClock.now
        while true {
            try await Task.sleep(for: WorkerLease.heartbeat)
            do {
                guard try await lease.renew() else { throw Lost() }
                lastBeat = .now
                try await reconcile()
                try await note()
                let count = try await WorkerLease.rescue(queue.pipeline)
                if count > 0 {
                    logger.warning("jobs of silent workers are ready again", metadata: ["jobs": "\(count)"])
                }
            } catch let error as Lost {
                throw error
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                logger.warning("the heartbeat failed", metadata: ["error": "\(error)"])
                if lastBeat.duration(to: .now) > WorkerLease.lifetime { throw Lost() }
            }
        }
    }

    /// Wakes itself up now and then; more rarely while it would be told of new jobs.
    private func tick() async throws {
        while true {
            wake()
            try await Task.sleep(for: listener.isListening ? settings.listeningInterval : settings.interval)
        }
    }
}
