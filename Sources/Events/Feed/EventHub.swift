internal import Foundation
package import Logging
internal import Observability
internal import PluginKit
package import Postgres
internal import ServiceLifecycle
internal import Synchronization
package import Tenancy

/// Reads the events of every tenant that has a stream here, once for all of its streams.
///
/// A feed begins with a tenant's first stream and ends with its last. Streams wait on their seats and read from the
/// feed's ring; nothing is copied for them.
package final class EventHub: Service {
    /// The events of one tenant, and who follows them.
    private struct Feed {
        /// Empty until its first position is known.
        var ring: EventRing?
        var seats: [UInt64: StreamSeat] = [:]
    }

    private struct State {
        var feeds: [TenantID: Feed] = [:]
        var lastID: UInt64 = 0
        var count = 0
    }

    let limits: StreamLimits
    let reader: EventReader
    let meter: StreamMeter
    let control: ControlPlane
    let logger: Logger
    private let state = Mutex(State())

    /// - Parameter pipeline: of the kernel's role `worker`.
    package init(
        pipeline: PipelineConnection, positions: EventPositions, control: ControlPlane, limits: StreamLimits,
        meter: StreamMeter, logger: Logger
    ) {
        reader = EventReader(
            pipeline: pipeline, positions: positions, retention: limits.retention, queries: meter.queries)
        self.control = control
        self.limits = limits
        self.meter = meter
        self.logger = logger
    }

    // MARK: Seats

    /// Takes a seat among the streams of a tenant.
    ///
    /// - Parameter customer: whose it is, when it is a customer's.
    /// - Throws: `Problem` 429 `too_many_streams` for the tenant or customer, 503 `streams_full` for the process.
    func sit(_ tenant: TenantID, customer: UUID? = nil) throws(Problem) -> StreamSeat {
        try state.withLock { state throws(Problem) in
            guard state.count < limits.perProcess else {
                throw Problem(
                    status: 503, code: "streams_full", detail: "This server has as many streams as it can hold.",
                    retryAfter: 5)
            }
            guard state.feeds[tenant]?.seats.count ?? 0 < limits.perTenant else {
                throw Problem(
                    status: 429, code: "too_many_streams", detail: "This tenant has \(limits.perTenant) streams open.",
                    retryAfter: 5)
            }
            if let customer { try requireRoom(for: customer, among: state.feeds[tenant]?.seats ?? [:]) }
            state.lastID += 1
            state.count += 1
            let seat = StreamSeat(id: state.lastID, customer: customer)
            state.feeds[tenant, default: Feed()].seats[seat.id] = seat
            meter.open.add(1)
            return seat
        }
    }

    private func requireRoom(for customer: UUID, among seats: [UInt64: StreamSeat]) throws(Problem) {
        let customers = seats.values.compactMap(\.customer)
        let own = customers.count { $0 == customer }
        guard own < limits.perCustomer, customers.count < max(1, limits.perTenant / 2) else {
            throw Problem(
                status: 429, code: "too_many_streams",
                detail: "There are as many streams of customers as there may be.",
                retryAfter: 5)
        }
    }

    /// Gives a seat back; the last one ends the tenant's feed.
    func leave(_ seat: StreamSeat, of tenant: TenantID) {
        seat.finish()
        state.withLock { state in
            guard state.feeds[tenant]?.seats.removeValue(forKey: seat.id) != nil else { return }
            state.count -= 1
            meter.open.add(-1)
            if state.feeds[tenant]?.seats.isEmpty == true { state.feeds[tenant] = nil }
        }
    }

    // MARK: Rings

    /// The newest number that the feed of a tenant has; whoever has a seat there may ask.
    func head(of tenant: TenantID) async throws -> Int64 {
        if let known = state.withLock({ $0.feeds[tenant]?.ring?.head }) { return known }
        let head = try await reader.head(of: tenant)
        return state.withLock { state in
            if let known = state.feeds[tenant]?.ring?.head { return known }
            state.feeds[tenant]?.ring = EventRing(
                head: head, maximumCount: limits.kept.events, maximumBytes: limits.kept.bytes)
            return head
        }
    }

    /// What follows a number in the feed of a tenant.
    func slice(of tenant: TenantID, after seq: Int64) -> (slice: EventRing.Slice, head: Int64) {
        state.withLock { state in
            guard let ring = state.feeds[tenant]?.ring else { return (.current, seq) }
            return (ring.slice(after: seq, maximumBytes: EventHub.largestWrite), ring.head)
        }
    }

    /// The most bytes that a stream takes at once.
    private static let largestWrite = 1 << 16

    // MARK: For the service

    /// The tenants that are read, each with the newest number known.
    var known: [(tenant: TenantID, seq: Int64)] {
        state.withLock { state in state.feeds.compactMap { entry in entry.value.ring.map { (entry.key, $0.head) } } }
    }

    /// Adds what was read and wakes those who wait for it.
    func append(_ events: [StreamedEvent], of tenant: TenantID) {
        let seats = state.withLock { state -> [StreamSeat] in
            state.feeds[tenant]?.ring?.append(events)
            return state.feeds[tenant].map { Array($0.seats.values) } ?? []
        }
        for seat in seats { seat.wake() }
    }

    /// Those who follow a tenant's events.
    func seats(of tenant: TenantID) -> [StreamSeat] {
        state.withLock { $0.feeds[tenant].map { Array($0.seats.values) } ?? [] }
    }

    /// All who follow events.
    var seats: [StreamSeat] { state.withLock { state in state.feeds.values.flatMap { $0.seats.values } } }
}
