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
    }

    /// The task that does the work. Only used while the flight is known, which the task itself ends before it ends.
    struct RunningTask: @unchecked Sendable {
        private let task: UnsafeCurrentTask

        init(_ task: UnsafeCurrentTask) {
            self.task = task
        }

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

    /// Cancels what is past its deadline.
    ///
    /// - Returns: the callers to answer, and how long work goes on that is past its deadline.
    mutating func giveUp(at now: Instant) -> (callers: [@Sendable (any Error) -> Void], longestOverrun: Duration) {
        var callers: [@Sendable (any Error) -> Void] = []
        var longest = Duration.zero
        for (id, flight) in flights {
            let overrun = flight.since.duration(to: now) - flight.limit
            longest = max(longest, overrun)
            guard overrun > .zero, let refuse = flight.refuse else { continue }
            callers.append(refuse)
            flights[id]?.refuse = nil
            flights[id]?.isCancelled = true
            flight.task?.cancel()
            record(true, for: flight.tenant, at: now)
            lastError = PluginFault(timeoutAfter: flight.limit, request: flight.requestID)
            note(PluginWall.timeout.code, in: flight)
        }
        return (callers, longest)
    }

    private static let busy = Problem(
        status: 503, code: "plugin_busy", detail: "This module has as much to do as it may.", retryAfter: 1)
    private static let failing = Problem(
        status: 503, code: "plugin_failing", detail: "This module failed too often just now.", retryAfter: 5)
}
