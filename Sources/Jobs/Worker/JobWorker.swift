internal import Foundation
package import Logging
internal import Observability
package import PluginHost
@_spi(Kernel) package import PluginKit
internal import ServiceLifecycle
internal import Synchronization
package import Tenancy

/// Runs the jobs of one module: claims them in fair turns, runs each in its tenant's session behind the module's wall,
/// and is heard of as long as it does.
package final class JobWorker: Service {
    /// How a worker works.
    package struct Settings: Sendable {
        /// Jobs at one time.
        package var slots = 64
        /// How often it looks for work when nothing wakes it.
        package var interval: Duration = .milliseconds(20)
        /// How long jobs may go on after a shutdown began.
        package var farewell: Duration = .seconds(10)
        /// It ends when there was nothing to do for so long; nil for never.
        package var endsWhenIdleFor: Duration?

        package init() {}
    }

    /// What a worker needs to run a module's jobs.
    package struct Module: Sendable {
        package let name: ModuleName
        package let jobs: [Job]
        package let wall: PluginWall
        package let database: ModuleDatabase
        /// What the kernel does for the module on behalf of a tenant.
        package let services: @Sendable (TenantSession) -> ModuleServices

        package init(
            name: ModuleName, jobs: [Job], wall: PluginWall, database: ModuleDatabase,
            services: @escaping @Sendable (TenantSession) -> ModuleServices
        ) {
            self.name = name
            self.jobs = jobs
            self.wall = wall
            self.database = database
            self.services = services
        }
    }

    /// The worker was silent for too long, and what it had is others' by now.
    package struct Lost: Error {}

    private struct State {
        var running = 0
        var isLeaving = false
        var tally = JobTally()
    }

    private let module: Module
    private let queue: JobQueue
    private let lease: WorkerLease
    private let settings: Settings
    private let logger: Logger
    private let state = Mutex(State())
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation
    package let meter = JobMeter()

    package init(_ module: Module, databases: Databases, settings: Settings = Settings(), logger: Logger) {
        let pipeline = databases.pipeline(of: .worker)
        self.module = module
        self.settings = settings
        self.logger = logger
        queue = JobQueue(module: module.name, pipeline: pipeline)
        lease = WorkerLease(module: module.name, pipeline: pipeline)
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
        try await note()
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
            group.addTask { try await self.serve() }
            // The first to end is `serve`, or whoever failed.
            try await group.next()
            group.cancelAll()
        }
    }

    /// Claims and runs until there is nothing left to wait for.
    private func serve() async throws {
        var lastWork = ContinuousClock.now
        try await withThrowingDiscardingTaskGroup { group in
            for await _ in signals {
                if state.withLock({ $0.isLeaving }) { break }
                if state.withLock({ $0.running > 0 }) { lastWork = .now }
                if let limit = settings.endsWhenIdleFor, lastWork.duration(to: .now) > limit { return }
                while let jobs = try await claim(), !jobs.isEmpty {
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

    /// Takes what there is room for; nil when it should wait. Half of the slots are filled at once rather than each as
    /// it becomes free: a claim costs about the same for one job as for many.
    private func claim() async throws -> [ClaimedJob]? {
        let (room, owed) = state.withLock { (settings.slots - $0.running, $0.tally.entries) }
        guard room > 0, room * 2 >= settings.slots || room >= 16 else { return nil }
        do {
            switch try await queue.claim(room, for: lease.id, settling: owed) {
            case .nothing: return nil
            case .outrun: return try await claim()
            case .jobs(let jobs):
                state.withLock { state in
                    state.running += jobs.count
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
        let start = ContinuousClock.now
        let outcome = await attempt(job)
        let taken = start.duration(to: .now)
        await conclude(job, outcome)
        meter.count(outcome, taken)
        let isHungry = state.withLock { state in
            state.running -= 1
            state.tally.add(job.tenant, charged: job.charged, taken: taken / .milliseconds(1))
            return (settings.slots - state.running) * 2 >= settings.slots
        }
        if isHungry { wake() }
    }

    private func attempt(_ job: ClaimedJob) async -> JobOutcome {
        guard let code = module.jobs.first(where: { $0.kind == job.kind }) else {
            return .failed(JobFailure(code: "unknown_kind", detail: "this version of the plugin has no such job"))
        }
        let actor = Actor(kind: .system, id: ActorID(job.id.uuid), role: "system")
        let session = TenantSession(verified: job.tenant, actor: actor)
        let progress = JobProgress { JobOutcome.isLeaseLost($0) ? JobLeaseLost() : $0 }
        let run = JobRun(
            id: job.id, tenant: job.tenant, attempt: job.attempt, tx: module.database.open(session, mode: .write),
            services: module.services(session), lease: job.lease, steps: job.steps, progress: progress)
        do {
            try await module.wall.run(for: job.tenant, deadline: job.timeout) {
                try await code.handler(run, job.payload)
                if !progress.isCompleted { try await run.finish([]) }
            }
            return .succeeded
        } catch {
            return progress.isCompleted ? .succeeded : JobOutcome(error)
        }
    }

    /// Writes down what did not succeed. When that fails too, the lease runs out and others find the job.
    private func conclude(_ job: ClaimedJob, _ outcome: JobOutcome) async {
        // What a shutdown interrupted is given back with the lease, and does not count.
        guard !Task.isCancelled else { return }
        do {
            switch outcome {
            case .succeeded: break
            case .leaseLost: logger.warning("a job's lease was lost", metadata: ["job": "\(job.id)"])
            case .refused(let failure): try await queue.fail(job, failure, retry: nil)
            case .failed(let failure):
                let delay = Backoff.delay(after: job.attempt, random: .random(in: 0...1))
                try await queue.fail(job, failure, retry: delay)
            }
        } catch {
            logger.warning("a job's failure could not be noted", metadata: ["job": "\(job.id)", "error": "\(error)"])
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

    /// Wakes itself up now and then.
    private func tick() async throws {
        while true {
            wake()
            try await Task.sleep(for: settings.interval)
        }
    }
}
