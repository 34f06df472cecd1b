internal import Foundation
package import Logging
internal import PluginKit
package import Postgres
internal import ServiceLifecycle
internal import Supervision
internal import Synchronization

/// Runs a child process for each module that has jobs to do. Whatever a job does to its process, it does to the jobs of
/// its own module at most; those are run again.
package final class JobSupervisor: Service {
    /// How often it looks for modules with work and without a process.
    private static let interval: Duration = .milliseconds(50)
    /// How long children may take to end in order.
    private static let farewell: Duration = .seconds(15)

    private struct Child {
        let process: SupervisedProcess
        /// What its worker is known by. A process's number is another's too where machines or containers share a name.
        let worker: UUID
        let begin: ContinuousClock.Instant
    }

    private struct State {
        var children: [String: Child] = [:]
        var policies: [String: RestartPolicy] = [:]
        /// Not before then.
        var pauses: [String: ContinuousClock.Instant] = [:]
        var isStopping = false
        var lastRescue = ContinuousClock.now
    }

    private let pipeline: PipelineConnection
    private let arguments: @Sendable (String) -> [String]
    private let onCrash: @Sendable (String) async -> Void
    private let logger: Logger
    private let state = Mutex(State())

    /// - Parameters:
    ///   - pipeline: of the kernel's role `worker`.
    ///   - onCrash: told of a module whose process did not end by itself.
    ///   - arguments: what a module's process is started with, besides the id of its worker behind `--worker`.
    package init(
        pipeline: PipelineConnection, logger: Logger, onCrash: @escaping @Sendable (String) async -> Void,
        arguments: @escaping @Sendable (String) -> [String]
    ) {
        self.pipeline = pipeline
        self.logger = logger
        self.onCrash = onCrash
        self.arguments = arguments
    }

    package func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                while !state.withLock({ $0.isStopping }) {
                    let begin = ContinuousClock.now
                    for module in await modulesWithWork() {
                        guard let child = start(module) else { continue }
                        group.addTask { await self.watch(child, of: module) }
                    }
                    await rescueNowAndThen()
                    // A look is slow while somebody holds a snapshot, and must not be all that the database does.
                    let pause = max(JobSupervisor.interval, begin.duration(to: .now) * 9)
                    try? await cancelWhenGracefulShutdown { try await Task.sleep(for: pause) }
                }
                await end()
            }
        } onGracefulShutdown: {
            let children = self.state.withLock { state in
                state.isStopping = true
                return state.children.values.map(\.process)
            }
            for child in children { child.signal(SIGTERM) }
        }
    }

    /// Waits until the children have ended, and ends those that do not.
    private func end() async {
        let deadline = ContinuousClock.now + JobSupervisor.farewell
        while state.withLock({ !$0.children.isEmpty }), ContinuousClock.now < deadline, !Task.isCancelled {
            try? await Task.sleep(for: JobSupervisor.interval)
        }
        for child in state.withLock({ Array($0.children.values) }) { child.process.signal(SIGKILL) }
    }

    /// The modules with a job that may begin, that no pause holds up and that have no process here.
    package func modulesWithWork() async -> [String] {
        let running = state.withLock { Array($0.children.keys) }
        let idle: [String]
        do {
            let result = try await pipeline.run([
                """
                SELECT q.module
                FROM core.job_queues AS q
                WHERE NOT EXISTS (SELECT FROM core.plugin_pauses AS pause WHERE pause.module_id = q.module)
                  AND q.module <> ALL (\(running))
                """
            ])[0]
            idle = try result.rows.map { try $0.get("module") }
        } catch {
            logger.warning("work could not be looked for", metadata: ["error": "\(error)"])
            return []
        }
        // One by one, so that what takes long for one of them holds up no other.
        var found: [String] = []
        for module in idle {
            if await hasWork(module) { found.append(module) }
        }
        return found
    }

    private func hasWork(_ module: String) async -> Bool {
        do {
            return try await !pipeline.run([JobSupervisor.work(of: module)])[0].isEmpty
        } catch {
            logger.warning("work could not be looked for", metadata: ["module": "\(module)", "error": "\(error)"])
            return false
        }
    }

    /// The statement that finds a row when a module has a job that may begin.
    static func work(of module: String) -> SQL {
        // The tenants whose jobs are not parked: nobody else's are worth a process.
        let served: SQL = """
            JOIN core.tenants AS t ON t.id = j.tenant_id AND t.status = 'active'
              AND NOT EXISTS (
                  SELECT
                  FROM core.tenant_modules AS switch
                  WHERE switch.tenant_id = t.id AND switch.module_id = \(module) AND NOT switch.enabled)
            """
        // The time of the statement, which bounds what is read of the index; that of the clock would not.
        return """
            SELECT true AS has_work
            WHERE EXISTS (
                      WITH RECURSIVE steps AS (\(JobQueue.tenantsWithWork(of: "\(module)")))
                      SELECT FROM steps AS j \(served))
               OR EXISTS (
                      SELECT
                      FROM core.jobs_waiting AS j \(served)
                      WHERE j.module = \(module) AND j.run_at < 'infinity' AND j.run_at <= statement_timestamp())
            """
    }

    /// Nobody else may be there to see that the workers of another machine are gone.
    private func rescueNowAndThen() async {
        let isDue = state.withLock { state in
            guard state.lastRescue.duration(to: .now) > WorkerLease.heartbeat else { return false }
            state.lastRescue = .now
            return true
        }
        guard isDue else { return }
        do {
            let count = try await WorkerLease.rescue(pipeline)
            if count > 0 { logger.warning("jobs of silent workers are ready again", metadata: ["jobs": "\(count)"]) }
            try await endSilent()
        } catch {
            logger.warning("silent workers could not be looked for", metadata: ["error": "\(error)"])
        }
    }

    /// Ends children that have lost their lease: what stands still would keep another from taking its place.
    private func endSilent() async throws {
        let workers = state.withLock { $0.children.values.map(\.worker) }
        let rows = try await pipeline.run(["SELECT id FROM core.job_workers WHERE id = ANY(\(workers))"])[0]
        let heard = Set(try rows.rows.map { try $0.get("id", as: UUID.self) })
        let silent = state.withLock { state in
            state.children.filter { _, child in
                child.begin.duration(to: .now) > WorkerLease.lifetime * 1.5 && !heard.contains(child.worker)
            }
        }
        for (module, child) in silent {
            logger.warning("a process for jobs is not heard of any more", metadata: ["module": "\(module)"])
            child.process.signal(SIGKILL)
        }
    }

    /// Starts a module's process, unless there is one or it shall wait.
    private func start(_ module: String) -> Child? {
        state.withLock { state in
            let now = ContinuousClock.now
            guard !state.isStopping, state.children[module] == nil, state.pauses[module].map({ $0 <= now }) ?? true
            else { return nil }
            do {
                let worker = ID<WorkerLease>.make().uuid
                let process = try SupervisedProcess(arguments(module) + ["--worker", worker.uuidString])
                let child = Child(process: process, worker: worker, begin: now)
                state.children[module] = child
                return child
            } catch {
                logger.error("a process could not be started", metadata: ["module": "\(module)", "error": "\(error)"])
                state.pauses[module] = now + .seconds(5)
                return nil
            }
        }
    }

    private func watch(_ child: Child, of module: String) async {
        let exit = await child.process.exit()
        if exit != .status(0) { await clean(up: child, exit, of: module) }
        state.withLock { state in
            guard let child = state.children.removeValue(forKey: module) else { return }
            guard exit != .status(0) else { return }
            let delay = state.policies[module, default: RestartPolicy()].delay(after: child.begin.duration(to: .now))
            state.pauses[module] = ContinuousClock.now + delay
        }
    }

    /// Gives the jobs of a process that died to others at once, instead of when its lease runs out.
    private func clean(up child: Child, _ exit: ProcessExit, of module: String) async {
        logger.warning("a process for jobs ended", metadata: ["module": "\(module)", "exit": "\(exit)"])
        // Killed by a signal, one of its jobs may be to blame, and nobody knows which; else the process chose to end.
        let isStopping = state.withLock { $0.isStopping }
        let counts = if case .signal = exit { !isStopping } else { false }
        let failure = JobFailure(code: "process_ended", detail: "its process ended by \(exit)")
        do {
            try await WorkerLease.release(child.worker, failure: failure, counts: counts, pipeline)
        } catch {
            // The lease runs out, and whoever is there finds the jobs.
            logger.warning("jobs could not be given back", metadata: ["module": "\(module)", "error": "\(error)"])
        }
        if counts { await onCrash(module) }
    }
}
