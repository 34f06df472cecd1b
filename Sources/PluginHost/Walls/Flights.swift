internal import PluginKit

/// What a plugin has begun and not ended, and for whom it fails: a plain value, with the clock given.
struct Flights {
    typealias Instant = ContinuousClock.Instant

    /// A piece of work.
    struct Flight {
        let tenant: TenantID?
        /// What of the plugin it is.
        let place: String?
        let requestID: String?
        let since: Instant
        /// How long it may take.
        let limit: Duration
        /// Answers the caller, once; nil when the caller is answered.
        var refuse: (@Sendable (any Error) -> Void)?
        var task: RunningTask?
        var isCancelled = false
        var telling = Telling.no
    }

    /// Whether the task of a flight is told that it is cancelled. Meanwhile the task must not end.
    enum Telling {
        /// Nobody has. Can transition to: now.
        case no
        /// Somebody is about it, and the task that would end waits here. Can transition to: done.
        case now(CheckedContinuation<Void, Never>?)
        case done
    }

    /// The task that does the work. Only used while its flight is known and told, which the task waits for.
    struct RunningTask: @unchecked Sendable {
        private let task: UnsafeCurrentTask

        init(_ task: UnsafeCurrentTask) {
            self.task = task
        }

        /// Runs what the task's code has set to be run then, on this thread: never under a lock.
        func cancel() { task.cancel() }
    }

    /// The most tenants that are kept track of because something failed for them.
    private static let maximumBreakers = 1000

    private var lastID: UInt64 = 0
    private var flights: [UInt64: Flight] = [:]
    private var perTenant: [TenantID: Int] = [:]
    /// Only tenants for whom something failed have one.
    private var breakers: [TenantID?: Breaker] = [:]
    var lastError: PluginFault?
    /// What went wrong and is not written down yet.
    var errors = PluginErrors()

    /// A piece of work that is in flight.
    subscript(id: UInt64) -> Flight? {
        get { flights[id] }
        set { flights[id] = newValue }
    }

    var count: Int { flights.count }

    /// How many have been answered for, and go on.
    var overdue: Int { flights.values.count { $0.refuse == nil && $0.isCancelled } }

    /// The tenants for whom it failed too often just now.
    var failing: [TenantID] { breakers.compactMap { $0.value.isOpen ? $0.key : nil } }

    /// For how many tenants it failed too often just now.
    var failingTenants: Int { breakers.values.count { $0.isOpen } }

    /// Lets work begin, or says why not.
    ///
    /// - Parameters:
    ///   - place: what of the plugin it is, and `requestID` on whose request: for those who look at its errors.
    ///   - deadline: how long it may take; nil for what the limits say.
    mutating func admit(
        _ tenant: TenantID?, _ limits: PluginWall.Limits, place: String? = nil, requestID: String? = nil,
        deadline: Duration? = nil, at now: Instant
    ) -> Result<UInt64, Problem> {
        let own = tenant.flatMap { perTenant[$0] } ?? 0
        guard flights.count < limits.requests, own < limits.requestsPerTenant else { return .failure(Flights.busy) }
        guard !limits.hasBreakers || breakers[tenant]?.admits(at: now) ?? true else { return .failure(Flights.failing) }
        lastID += 1
        flights[lastID] = Flight(
            tenant: tenant, place: place, requestID: requestID, since: now, limit: deadline ?? limits.deadline)
        if let tenant { perTenant[tenant, default: 0] += 1 }
        return .success(lastID)
    }

    /// The task of a flight that is cancelled, to be told so now; nil when it has ended, not begun, or been told.
    mutating func beginTelling(_ id: UInt64) -> RunningTask? {
        guard let flight = flights[id], let task = flight.task, case .no = flight.telling else { return nil }
        flights[id]?.telling = .now(nil)
        return task
    }

    /// It has been told.
    ///
    /// - Returns: the task that waits for that to end.
    mutating func endTelling(_ id: UInt64) -> CheckedContinuation<Void, Never>? {
        guard case .now(let waiting) = flights[id]?.telling else { return nil }
        flights[id]?.telling = .done
        return waiting
    }

    /// Lets a task wait while it is being told.
    ///
    /// - Returns: false when there is nothing to wait for.
    mutating func wait(for id: UInt64, _ continuation: CheckedContinuation<Void, Never>) -> Bool {
        guard case .now = flights[id]?.telling else { return false }
        flights[id]?.telling = .now(continuation)
        return true
    }

    /// Whether a task is being told, so that it must not end.
    func isTelling(_ id: UInt64) -> Bool {
        if case .now = flights[id]?.telling { true } else { false }
    }

    /// Work that has ended, or will not begin.
    mutating func remove(_ id: UInt64) -> Flight? {
        guard let flight = flights.removeValue(forKey: id) else { return nil }
        if let tenant = flight.tenant, let count = perTenant[tenant] {
            perTenant[tenant] = count > 1 ? count - 1 : nil
        }
        return flight
    }

    /// Remembers what went wrong for a tenant.
    mutating func note(_ code: String, in flight: Flight) {
        guard let tenant = flight.tenant else { return }
        errors.add(PluginError(tenant: tenant, code: code, place: flight.place, requestID: flight.requestID))
    }

    /// Counts an outcome. One tenant's failures are its own: they must not close the module to the others.
    mutating func record(_ isFailure: Bool, for tenant: TenantID?, at now: Instant) {
        guard isFailure || breakers[tenant] != nil else { return }
        if breakers.count >= Flights.maximumBreakers { breakers = breakers.filter { $0.value.isOpen } }
        breakers[tenant, default: Breaker(at: now)].record(isFailure: isFailure, at: now)
    }

    /// Finds what is past its deadline.
    ///
    /// - Returns: the callers to answer with the flights to cancel, and how long work goes on that is past its deadline.
    mutating func giveUp(
        at now: Instant
    ) -> (overdue: [(id: UInt64, refuse: @Sendable (any Error) -> Void)], longestOverrun: Duration) {
        var overdue: [(id: UInt64, refuse: @Sendable (any Error) -> Void)] = []
        var longest = Duration.zero
        for (id, flight) in flights {
            let overrun = flight.since.duration(to: now) - flight.limit
            longest = max(longest, overrun)
            guard overrun > .zero, let refuse = flight.refuse else { continue }
            overdue.append((id, refuse))
            flights[id]?.refuse = nil
            record(true, for: flight.tenant, at: now)
            lastError = PluginFault(timeoutAfter: flight.limit, request: flight.requestID)
            note(PluginWall.timeout.code, in: flight)
        }
        return (overdue, longest)
    }

    private static let busy = Problem(
        status: 503, code: "plugin_busy", detail: "This module has as much to do as it may.", retryAfter: 1)
    private static let failing = Problem(
        status: 503, code: "plugin_failing", detail: "This module failed too often just now.", retryAfter: 5)
}
