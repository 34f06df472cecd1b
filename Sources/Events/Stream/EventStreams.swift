internal import Foundation
package import Identity
internal import PluginKit
internal import Tenancy

/// Opens streams: everything that can be refused is refused here, before the first byte.
package struct EventStreams: Sendable {
    package let hub: EventHub
    let authenticator: Authenticator
    let policy: EventPolicy
    private let teammates: Teammates
    /// Whose turn it is to read what happened before, of all streams of the process.
    let turns = ReadingTurns(8)

    package init(_ hub: EventHub, authenticator: Authenticator, policy: EventPolicy, teammates: Teammates) {
        self.hub = hub
        self.authenticator = authenticator
        self.policy = policy
        self.teammates = teammates
    }

    /// A stream of what a caller may see.
    ///
    /// - Parameters:
    ///   - lastEventID: where the client stands; nil begins with what happens from now on.
    ///   - pointer: where the request says so.
    /// - Throws: `Problem` 422 for a position that was not handed out to this tenant; 429, 503 when there are too many.
    package func open(
        _ caller: Caller, after lastEventID: String?, at pointer: String
    ) async throws -> EventStream {
        let tenant = caller.session.tenant
        let actor = caller.session.actor
        let customer = actor.kind == .customer ? actor.id.uuid : nil
        let asksForTeams = policy.asksForTeams(caller.grant)
        // Before the teams are read: what changes from now on ends the stream, and what was known before does not.
        if asksForTeams { try await hub.control.refreshForCaller() }
        let teamRevision = hub.control.read { $0.teamRevision(of: tenant) }
        let position = try lastEventID.map { try hub.reader.positions.decode($0, of: tenant, at: pointer) }
        let seat = EventStream.Seat(try hub.sit(tenant, customer: customer), hub, tenant)
        let head = try await hub.head(of: tenant)
        let mates = asksForTeams ? try await teammates.of(caller.session) : []
        let viewer = EventViewer(
            actor: actor, grant: caller.grant, teammates: Set(mates.map(\.uuid)))
        return EventStream(
            self, caller: caller, viewer: viewer, teamRevision: asksForTeams ? teamRevision : nil, seat: seat,
            start: try await start(position, head: head, of: tenant))
    }

    private func start(
        _ position: EventPositions.Position?, head: Int64, of tenant: TenantID
    ) async throws -> EventStream.Start {
        guard let position else { return .present(head) }
        let age = Duration.seconds(Timestamp.now().seconds - position.second)
        guard age <= hub.limits.retention else { return .unknown(head) }
        if position.seq <= head { return .resume(position.seq) }
        // Another process may be ahead of this one's feed.
        let newest = try await hub.reader.head(of: tenant)
        return position.seq <= newest ? .resume(position.seq) : .unknown(head)
    }
}
