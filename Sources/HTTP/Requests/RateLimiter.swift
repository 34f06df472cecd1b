internal import Foundation
internal import Outbound
internal import PluginKit
internal import Synchronization

/// How many requests a minute a tenant, a key or an address may send to this process: the generic cell rate algorithm
/// (ITU-T I.371), which needs one instant for each, with a burst of a tenth of a minute's requests.
package final class RateLimiter: Sendable {
    /// Whose requests are counted.
    enum Subject: Hashable, Sendable {
        case tenant(UUID)
        case key(UUID)
        /// A customer of a tenant.
        case customer(UUID, UUID)
        case address(ClientNetwork)
        /// Whoever shows from there what opens nothing.
        case failures(ClientNetwork)
        /// Visitors of a tenant: however many there are, its own people go on working.
        case visitors(UUID)
        /// Whoever calls an address of a hook.
        case hook(UUID)
    }

    private static let capacity = 100_000
    private static let longestDebt: Duration = .seconds(300)

    private let arrivals = Mutex<[Subject: ContinuousClock.Instant]>([:])

    package init() {}

    /// Counts a request.
    ///
    /// - Throws: `Problem` 429 `rate_limited` with the seconds to wait.
    func count(_ subject: Subject, perMinute limit: Int, now: ContinuousClock.Instant = .now) throws {
        let interval = Duration.seconds(60) / limit
        let tolerance = interval * max(1, limit / 10)
        let wait: Duration? = arrivals.withLock { arrivals in
            if arrivals.count >= RateLimiter.capacity {
                arrivals = arrivals.filter { $0.value > now }
            }
            let expected = max(arrivals[subject] ?? now, now)
            let next = expected + interval
            guard next - tolerance <= now else { return now.duration(to: next - tolerance) }
            arrivals[subject] = next
            return nil
        }
        if let wait { throw RateLimiter.refusal(wait) }
    }

    /// Notes what has happened and can be refused no more; `requireRoom` refuses what would follow.
    func note(_ subject: Subject, perMinute limit: Int, now: ContinuousClock.Instant = .now) {
        let interval = Duration.seconds(60) / limit
        arrivals.withLock { arrivals in
            if arrivals.count >= RateLimiter.capacity { arrivals = arrivals.filter { $0.value > now } }
            // Many at once weigh longer than a minute, but not for ever.
            arrivals[subject] = min(max(arrivals[subject] ?? now, now) + interval, now + RateLimiter.longestDebt)
        }
    }

    /// Refuses when as many as a minute may have were noted; counts nothing itself.
    ///
    /// - Throws: `Problem` 429 `rate_limited` with the seconds to wait.
    func requireRoom(_ subject: Subject, perMinute limit: Int, now: ContinuousClock.Instant = .now) throws {
        let interval = Duration.seconds(60) / limit
        guard let expected = arrivals.withLock({ $0[subject] }) else { return }
        let opening = expected + interval - .seconds(60)
        if opening > now { throw RateLimiter.refusal(now.duration(to: opening)) }
    }

    private static func refusal(_ wait: Duration) -> Problem {
        Problem(
            status: 429, code: "rate_limited", detail: "Too many requests; wait before the next.",
            retryAfter: max(1, Int(wait.components.seconds) + 1))
    }
}
