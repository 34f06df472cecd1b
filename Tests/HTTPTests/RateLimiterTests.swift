import Foundation
import PluginKit
import Testing

@testable import HTTP

@Suite("RateLimiter")
struct RateLimiterTests {
    private let start = ContinuousClock.now
    private let subject = RateLimiter.Subject.tenant(UUID())

    /// How many of `count` requests at one moment are let through.
    private func passed(_ limiter: RateLimiter, _ count: Int, after: Duration = .zero) -> Int {
        (0..<count).filter { _ in
            (try? limiter.count(subject, perMinute: 600, now: start + after)) != nil
        }.count
    }

    @Test("A tenth of a minute's requests may come at once, then they come in their pace")
    func pace() {
        let limiter = RateLimiter()
        #expect(passed(limiter, 1000) == 60)
        #expect(passed(limiter, 1000, after: .seconds(1)) == 10)
        #expect(passed(limiter, 1000, after: .seconds(600)) == 60)
    }

    @Test("Whoever is refused learns when to come again")
    func wait() throws {
        let limiter = RateLimiter()
        _ = passed(limiter, 60)
        let problem = try #require(throws: Problem.self) {
            try limiter.count(subject, perMinute: 600, now: start)
        }
        #expect(problem.status == 429 && problem.code == "rate_limited" && problem.retryAfter == 1)
    }

    @Test("One tenant's flood leaves the other alone")
    func fairness() throws {
        let limiter = RateLimiter()
        _ = passed(limiter, 1000)
        try limiter.count(.tenant(UUID()), perMinute: 600, now: start)
    }

    @Test("What was noted is refused after a minute's worth of it, until time has passed")
    func notes() throws {
        let limiter = RateLimiter()
        for _ in 0..<599 { limiter.note(subject, perMinute: 600, now: start) }
        try limiter.requireRoom(subject, perMinute: 600, now: start)
        limiter.note(subject, perMinute: 600, now: start)
        let problem = try #require(throws: Problem.self) {
            try limiter.requireRoom(subject, perMinute: 600, now: start)
        }
        #expect(problem.status == 429 && problem.code == "rate_limited" && problem.retryAfter == 1)
        try limiter.requireRoom(subject, perMinute: 600, now: start + .seconds(1))
        try limiter.requireRoom(.tenant(UUID()), perMinute: 600, now: start)
    }

    @Test("However many are noted at once, there is room again after some minutes")
    func debt() throws {
        let limiter = RateLimiter()
        for _ in 0..<100_000 { limiter.note(subject, perMinute: 600, now: start) }
        #expect(throws: Problem.self) {
            try limiter.requireRoom(subject, perMinute: 600, now: start + .seconds(60))
        }
        try limiter.requireRoom(subject, perMinute: 600, now: start + .seconds(300))
    }
}
