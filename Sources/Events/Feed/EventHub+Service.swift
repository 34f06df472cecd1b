internal import Foundation
internal import Logging
internal import Observability
internal import PluginKit
internal import Postgres
internal import ServiceLifecycle
internal import Tenancy

/// What goes on beside the streams: reading, watching the clock, clearing away.
extension EventHub {
    /// How often seats are looked at.
    private static let lookInterval: Duration = .milliseconds(250)
    /// How often whispers are cleared away.
    private static let clearInterval: Duration = .seconds(30)

    /// What the service remembers from one round to the next.
    private struct Rounds {
        var revision: Int64 = -1
        var lookDue = ContinuousClock.now
        var clearDue = ContinuousClock.now + EventHub.clearInterval
        /// What was heard of the whispers of each tenant that has streams here.
        var ears: [TenantID: WhisperEar] = [:]
        var isFailing = false
        /// Whether a tenant had more than a page of events or whispers.
        var hasMore = false
    }

    package func run() async throws {
        try? await cancelWhenGracefulShutdown { [self] in
            var rounds = Rounds()
            while true {
                // Streams that keep up are given the time to.
                try await Task.sleep(for: rounds.hasMore ? limits.poll / 4 : limits.poll)
                await round(&rounds)
            }
        }
    }

    private func round(_ rounds: inout Rounds) async {
        rounds.hasMore = false
        do {
            try await poll(&rounds)
            if rounds.clearDue <= .now {
                rounds.clearDue = .now + EventHub.clearInterval
                // What is left goes with the next rounds, so that events never wait for all of it.
                if try await reader.clearWhispers() { rounds.clearDue = .now }
            }
            rounds.isFailing = false
        } catch {
            if !rounds.isFailing { logger.warning("events could not be read", metadata: ["error": "\(error)"]) }
            rounds.isFailing = true
        }
        look(&rounds)
    }

    /// Reads what is new for the tenants that have streams here; no statement when there are none.
    private func poll(_ rounds: inout Rounds) async throws {
        let known = known
        guard !known.isEmpty else {
            rounds.ears = [:]
            return
        }
        let ahead = Set(try await reader.tenants(ahead: known))
        var failure: (any Error)?
        for (tenant, seq) in known where ahead.contains(tenant) {
            do {
                let page = try await reader.page(of: tenant, after: seq)
                append(page, of: tenant)
                rounds.hasMore = rounds.hasMore || page.count == EventReader.pageSize
            } catch {
                // The others do not wait for one.
                failure = error
            }
        }
        try await listen(to: known.map(\.tenant), &rounds)
        if let failure { throw failure }
    }

    /// Passes on what was said since the last round.
    private func listen(to tenants: [TenantID], _ rounds: inout Rounds) async throws {
        let now = Timestamp.now()
        rounds.ears = Dictionary(
            uniqueKeysWithValues: tenants.map { ($0, rounds.ears[$0] ?? WhisperEar(from: now)) })
        let positions = rounds.ears.map { (tenant: $0.key, at: $0.value.position.at, id: $0.value.position.id) }
        let said = Dictionary(grouping: try await reader.whispers(after: positions), by: \.tenant)
        for tenant in tenants {
            let page = said[tenant] ?? []
            var ear = rounds.ears[tenant] ?? WhisperEar(from: now)
            for place in ear.take(page.map { (at: $0.at, id: $0.id) }) {
                for seat in seats(of: tenant) { seat.whisper(page[place].event) }
            }
            rounds.hasMore = rounds.hasMore || ear.hasMore
            rounds.ears[tenant] = ear
        }
    }

    /// Wakes every stream when what is known of callers has changed, and those whose time has come.
    private func look(_ rounds: inout Rounds) {
        let revision = control.read { $0.revision }
        if revision != rounds.revision {
            rounds.revision = revision
            for seat in seats { seat.wake() }
        }
        let now = ContinuousClock.now
        guard rounds.lookDue <= now else { return }
        rounds.lookDue = now + min(EventHub.lookInterval, limits.heartbeat)
        for seat in seats where seat.look(at: now, longestWrite: limits.write) { meter.dropped.add() }
    }
}
