internal import Foundation
package import Observability
@_spi(Kernel) package import PluginKit
internal import ServiceLifecycle
internal import Synchronization

/// Runs one plugin's code so that it harms nobody else: on its own threads, within a deadline, within a share of what
/// is in flight, and not at all for a tenant for whom it keeps failing.
///
/// The answer to a caller never waits for code that is overdue; that code is cancelled, and if it does not heed that,
/// its thread is left to it.
package final class PluginWall: Service {
    /// What a plugin may take.
    package struct Limits: Sendable {
        /// How long its code may take to be loaded, in whole seconds.
        package var loading: Duration = .seconds(30)
        /// How long a request may take.
        package var deadline: Duration = .seconds(10)
        /// Requests of all tenants that may be in flight.
        package var requests = 512
        /// Requests of one tenant that may be in flight, so that no tenant takes all of them.
        package var requestsPerTenant = 256
        /// Threads that run the plugin's code.
        package var threads = max(2, ProcessInfo.processInfo.activeProcessorCount)
        /// Whether a tenant for whom it keeps failing is refused for a while.
        package var hasBreakers = true

        package init() {}
    }

    /// What one request asks the plugin's task group to do.
    private typealias Work = @Sendable () async -> Void

    package let name: String
    package let limits: Limits
    private let executor: PluginExecutor
    /// For what the code has set to be run when it is cancelled, which finds a thread also when all others are held.
    private let canceller: PluginExecutor
    private let state = Mutex(Flights())
    private let works: AsyncStream<Work>
    private let submission: AsyncStream<Work>.Continuation
    private let cancellations: AsyncStream<Work>
    private let cancellation: AsyncStream<Work>.Continuation
    package let timeouts = Counter()
    package let faults = Counter()
    package let refusals = Counter()

    package init(name: String, limits: Limits = Limits()) {
        self.name = name
        self.limits = limits
        executor = PluginExecutor(name: name, threads: limits.threads)
        canceller = PluginExecutor(name: name, threads: 1)
        (works, submission) = AsyncStream<Work>.makeStream()
        (cancellations, cancellation) = AsyncStream<Work>.makeStream()
    }

    /// Runs the plugin's tasks until shutdown, and until those in flight have ended.
    package func run() async throws {
        await withGracefulShutdownHandler {
            async let cancelling: Void = PluginWall.run(cancellations, on: canceller)
            await PluginWall.run(works, on: executor)
            cancellation.finish()
            await cancelling
        } onGracefulShutdown: {
            self.submission.finish()
        }
        executor.close()
        canceller.close()
    }

    private static func run(_ works: AsyncStream<Work>, on executor: PluginExecutor) async {
        await withTaskExecutorPreference(executor) {
            await withDiscardingTaskGroup { group in
                for await work in works { group.addTask { await work() } }
            }
        }
    }

    /// Runs a piece of the plugin's code.
    ///
    /// - Parameters:
    ///   - tenant: on whose behalf; nil for the operator's.
    ///   - place: what of the plugin it is, for those who look at its errors.
    ///   - deadline: how long it may take; nil for what the limits say.
    /// - Throws: what `body` throws; `Problem` 503 `plugin_busy` or `plugin_failing`, 504 `plugin_timeout`.
    package func run<Value: Sendable>(
        for tenant: TenantID?, in place: PluginError.Place? = nil, deadline: Duration? = nil,
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let id = try admit(tenant, place, deadline)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                state.withLock { $0[id]?.refuse = { continuation.resume(throwing: $0) } }
                let scope = RequestScope.current
                let result = submission.yield {
                    let outcome = await RequestScope.$current.withValue(scope) {
                        guard let trace = scope?.handedOn else { return await self.outcome(id, of: body) }
                        return await TraceParent.$current.withValue(trace) {
                            await self.outcome(id, of: body)
                        }
                    }
                    if await self.land(id, outcome.failure, in: scope) { continuation.resume(with: outcome) }
                }
                if case .terminated = result { refuse(id, with: PluginWall.stopping) }
                // A caller who left before could not be noticed.
                if Task.isCancelled { cancel(id) }
            }
        } onCancel: {
            cancel(id)
        }
    }

    private func outcome<Value>(
        _ id: UInt64, of body: @Sendable () async throws -> Value
    ) async -> Result<Value, any Error> {
        let task = withUnsafeCurrentTask { $0.map(Flights.RunningTask.init) }
        let isCancelled = state.withLock { state in
            state[id]?.task = task
            return state[id]?.isCancelled == true
        }
        if isCancelled { tell(id) }
        do {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }

    /// Lets a request in.
    private func admit(
        _ tenant: TenantID?, _ place: PluginError.Place?, _ deadline: Duration?
    ) throws(Problem) -> UInt64 {
        let now = ContinuousClock.now
        let requestID = place?.requestID ?? RequestScope.current?.requestID
        let admitted = state.withLock { state in
            state.admit(
                tenant, limits, place: place?.name, requestID: requestID, deadline: deadline, at: now)
        }
        if case .failure = admitted { refusals.add() }
        return try admitted.get()
    }

    /// What went wrong for tenants since this was asked last.
    func takeErrors() -> [PluginError] { state.withLock { $0.errors.take() } }

    /// The code has ended. Returns whether the caller still waits for its answer.
    private func land(_ id: UInt64, _ failure: (any Error)?, in scope: RequestScope?) async -> Bool {
        let now = ContinuousClock.now
        if let isAwaited = conclude(id, failure, in: scope, at: now) { return isAwaited }
        // Somebody is cancelling this very task, and must be done with it before it ends.
        await withCheckedContinuation { continuation in
            if !state.withLock({ $0.wait(for: id, continuation) }) { continuation.resume() }
        }
        return conclude(id, failure, in: scope, at: now) ?? false
    }

    /// Takes note of an end; nil while the task is being cancelled.
    private func conclude(
        _ id: UInt64, _ failure: (any Error)?, in scope: RequestScope?, at now: ContinuousClock.Instant
    ) -> Bool? {
        state.withLock { state in
            guard !state.isTelling(id) else { return nil }
            guard let flight = state.remove(id), flight.refuse != nil else { return false }
            let isFault = failure.map { PluginFault.isFault($0) && !flight.isCancelled } ?? false
            if isFault, let failure {
                faults.add()
                state.lastError = PluginFault(failure, request: scope?.requestID)
            }
            if let failure, !flight.isCancelled, let code = PluginError.code(of: failure) {
                state.note(code, in: flight)
            }
            state.record(isFault, for: flight.tenant, at: now)
            return true
        }
    }

    /// Cancels work whose caller left or was answered. What the plugin's code has set to be run then may block, or come
    /// back here for work that it waits for: so it runs on threads of its own, and under no lock.
    private func cancel(_ id: UInt64) {
        let isKnown = state.withLock { state in
            state[id]?.isCancelled = true
            return state[id] != nil
        }
        if isKnown { cancellation.yield { self.tell(id) } }
    }

    private func tell(_ id: UInt64) {
        guard let task = state.withLock({ $0.beginTelling(id) }) else { return }
        task.cancel()
        state.withLock { $0.endTelling(id) }?.resume()
    }

    /// Answers for code that will never begin.
    private func refuse(_ id: UInt64, with problem: Problem) {
        state.withLock { $0.remove(id)?.refuse }?(problem)
    }

    /// Answers for code that is overdue; to be called every few milliseconds.
    ///
    /// - Returns: for how many callers it answered, and how long work goes on that is past its deadline.
    @discardableResult
    package func watch() -> (answered: Int, longestOverrun: Duration) {
        executor.watch()
        canceller.watch()
        let now = ContinuousClock.now
        let (overdue, longest) = state.withLock { $0.giveUp(at: now) }
        for (id, refuse) in overdue {
            timeouts.add()
            refuse(PluginWall.timeout)
            cancel(id)
        }
        return (overdue.count, longest)
    }

    /// The tenants for whom it failed too often just now.
    var failingTenants: [TenantID] { state.withLock { $0.failing } }

    /// What an operator sees of it.
    package var status: PluginStatus {
        let (waiting, writtenOff) = (executor.waiting, executor.writtenOff)
        return state.withLock { state in
            PluginStatus(
                inFlight: state.count, overdue: state.overdue,
                waiting: waiting, threadsWrittenOff: writtenOff,
                failingTenants: state.failingTenants, timeouts: timeouts.value,
                faults: faults.value, refusals: refusals.value, lastError: state.lastError)
        }
    }

    static let timeout = Problem(
        status: 504, code: "plugin_timeout", detail: "This module took too long.", retryAfter: 1)
    private static let stopping = Problem(
        status: 503, code: "stopping", detail: "This server is stopping.", retryAfter: 1)
}

extension Result {
    fileprivate var failure: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}
