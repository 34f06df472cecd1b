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
    /// How often whispers are cleared away, and how old they become.
    private static let clearInterval: Duration = .seconds(30)
    /// A whisper that is committed later than this after it was made may be missed.
    private static let whisperWindow: Duration = .milliseconds(500)

    /// What the service remembers from one round to the next.
    private struct Rounds {
        var revision: Int64 = -1
        var lookDue = ContinuousClock.now
        var clearDue = ContinuousClock.now + EventHub.clearInterval
        /// Those of the newest whispers that were passed on.
        var heard: [UUID: Timestamp] = [:]
        var heardUntil = Timestamp.now()
        var isFailing = false
        /// Whether a tenant had more than a page.
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
                try await clear()
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
            rounds.heardUntil = .now()
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
        let since = rounds.heardUntil.advanced(by: .zero - EventHub.whisperWindow)
        for whisper in try await reader.whispers(of: tenants, since: since) {
            guard rounds.heard.updateValue(whisper.at, forKey: whisper.id) == nil else { continue }
            rounds.heardUntil = max(rounds.heardUntil, whisper.at)
            for seat in seats(of: whisper.tenant) { seat.whisper(whisper.event) }
        }
        let oldest = rounds.heardUntil.advanced(by: .zero - EventHub.whisperWindow)
        rounds.heard = rounds.heard.filter { $0.value > oldest }
    }

    private func clear() async throws {
        let oldest = Timestamp.now().advanced(by: .seconds(-60))
        _ = try await reader.pipeline.run(["DELETE FROM core.ephemeral_events WHERE at < \(oldest)"])
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
