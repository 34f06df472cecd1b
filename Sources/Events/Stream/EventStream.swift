internal import Identity
internal import Observability
internal import PluginKit
internal import ServiceLifecycle
internal import Tenancy

/// One client's stream: the thin shell around `EventStreamMachine`.
package final class EventStream: Sendable {
    /// Where a stream begins.
    enum Start: Sendable {
        /// With what happens from now on.
        case present(Int64)
        /// Behind what the client has.
        case resume(Int64)
        /// With what happens from now on, and the client must read everything again.
        case unknown(Int64)
    }

    /// A seat that is given back when nobody holds it any more, whether the stream ran or not.
    final class Seat: Sendable {
        let seat: StreamSeat
        private let hub: EventHub
        private let tenant: TenantID

        init(_ seat: StreamSeat, _ hub: EventHub, _ tenant: TenantID) {
            self.seat = seat
            self.hub = hub
            self.tenant = tenant
        }

        deinit { hub.leave(seat, of: tenant) }

        func leave() { hub.leave(seat, of: tenant) }
    }

    private let streams: EventStreams
    private let caller: Caller
    private let viewer: EventViewer
    /// The teams as they were read; nil when no permission reaches over teams.
    private let teamRevision: Int64?
    private let place: Seat
    private let start: Start

    private var hub: EventHub { streams.hub }
    private var seat: StreamSeat { place.seat }
    private var tenant: TenantID { caller.session.tenant }

    init(
        _ streams: EventStreams, caller: Caller, viewer: EventViewer, teamRevision: Int64?, seat: Seat, start: Start
    ) {
        self.streams = streams
        self.caller = caller
        self.viewer = viewer
        self.teamRevision = teamRevision
        place = seat
        self.start = start
    }

    /// What the shell remembers besides the machine's state.
    private struct Progress {
        var machine: EventStreamMachine
        /// Whether it still reads what happened before it began.
        var isResuming = false
        /// What was read of it and not yet told.
        var page: [StreamedEvent]?
        /// The control plane's revision at which the caller was last asked for.
        var revision: Int64 = -1
    }

    /// The client has gone.
    package func close() { seat.finish() }

    /// Runs the stream to its end.
    ///
    /// - Parameters:
    ///   - cut: closes the connection of a client that does not read.
    ///   - write: sends bytes, and returns when there is room for more.
    package func run(
        cut: @escaping @Sendable () -> Void, write: ([UInt8]) async throws -> Void
    ) async throws {
        defer { place.leave() }
        seat.onCut(cut)
        try await withGracefulShutdownHandler {
            try await follow(write)
        } onGracefulShutdown: { [seat] in
            seat.stop()
        }
    }

    private func follow(_ write: ([UInt8]) async throws -> Void) async throws {
        var progress = begin()
        var signals = seat.signals.makeAsyncIterator()
        var actions = progress.machine.opened(now: .now)
        if case .unknown(let head) = start {
            actions += progress.machine.resynced(at: head, .unknown, now: .now)
        }
        while true {
            try await perform(actions, write)
            if progress.machine.isEnded { return }
            if let next = try await next(&progress) {
                actions = next
            } else {
                seat.wake(at: progress.machine.deadline)
                guard await signals.next() != nil else { return }
                actions = []
            }
        }
    }

    private func begin() -> Progress {
        let position =
            switch start {
            case .present(let seq), .resume(let seq), .unknown(let seq): seq
            }
        let now = ContinuousClock.now
        let left = caller.expiresAt.map { Duration.microseconds($0.microseconds - Timestamp.now().microseconds) }
        let machine = EventStreamMachine(
            at: position, expiresAt: left.map { now + $0 }, isForCustomer: viewer.actor.kind == .customer,
            limits: hub.limits, now: now
        ) { [positions = hub.reader.positions, tenant] in positions.encode($0, of: tenant) }
        if case .resume = start { return Progress(machine: machine, isResuming: true) }
        return Progress(machine: machine)
    }

    /// What there is to do; nil when there is nothing until the next signal.
    private func next(_ progress: inout Progress) async throws -> [EventStreamMachine.Action]? {
        let now = ContinuousClock.now
        if seat.isStopping { return progress.machine.stopped(now: now) }
        guard stands(&progress) else { return progress.machine.revoked(.changed, now: now) }
        let due = progress.machine.passed(to: now)
        if !due.isEmpty { return due }
        let heard = progress.machine.heard(visible(seat.takeWhispers()), now: now)
        let (slice, head) = hub.slice(of: tenant, after: progress.machine.position)
        switch slice {
        case .events(let events):
            progress.page = nil
            return heard + receive(events, &progress)
        case .current:
            progress.page = nil
            progress.isResuming = false
            return heard.isEmpty ? nil : heard
        case .behind where progress.isResuming: return heard + (try await resume(&progress, head: head))
        case .behind:
            hub.meter.dropped.add()
            return heard + progress.machine.overflowed(present: head, now: now)
        }
    }

    /// Reads on from the database until the feed has what follows. Between reading and telling, `next` looks again whether
    /// the caller still stands: the turn to read may have been long in coming.
    private func resume(_ progress: inout Progress, head: Int64) async throws -> [EventStreamMachine.Action] {
        let position = progress.machine.position
        guard let page = progress.page else {
            progress.page = try await streams.turns.take(for: tenant) {
                try await seat.isStopping
                    ? nil : hub.reader.page(of: tenant, after: position, upTo: EventReader.streamBytes)
            }
            return []
        }
        progress.page = nil
        let isWhole = !page.isEmpty && page.enumerated().allSatisfy { $1.seq == position + Int64($0) + 1 }
        if isWhole { return receive(page, &progress) }
        progress.isResuming = false
        return progress.machine.resynced(at: head, .unknown, now: .now)
    }

    private func receive(_ events: [StreamedEvent], _ progress: inout Progress) -> [EventStreamMachine.Action] {
        let serving = streams.policy.serving(Set(events.map(\.module)), tenant)
        let before = progress.machine.sent
        let actions = progress.machine.received(events, now: .now) { event in
            serving.contains(event.module) && streams.policy.allows(event, to: viewer)
        }
        hub.meter.sent.add(progress.machine.sent - before)
        return actions
    }

    private func visible(_ whispers: [StreamedEvent]) -> [StreamedEvent] {
        whispers.filter { streams.policy.allows($0, to: viewer) }
    }

    /// Whether the caller is who they were; looked up in memory when anything at all has changed.
    private func stands(_ progress: inout Progress) -> Bool {
        let (revision, teams) = hub.control.read { ($0.revision, $0.teamRevision(of: tenant)) }
        guard revision != progress.revision else { return true }
        progress.revision = revision
        return streams.authenticator.stands(caller) && teamRevision.map { $0 == teams } ?? true
    }

    private func perform(
        _ actions: [EventStreamMachine.Action], _ write: ([UInt8]) async throws -> Void
    ) async throws {
        for case .write(let bytes) in actions {
            seat.beginWriting(at: .now)
            defer { seat.endWriting() }
            try await write(bytes)
        }
    }
}
