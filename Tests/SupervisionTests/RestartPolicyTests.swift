import Supervision
import Testing

@Suite("Restart policy")
struct RestartPolicyTests {
    @Test("three restarts at once, then later and later, never more than half a minute")
    func delays() {
        var policy = RestartPolicy()
        let delays = (0..<12).map { _ in policy.delay(after: .seconds(1)) }
        let expected: [Duration] = [0, 0, 0, 0.5, 1, 2, 4, 8, 16, 30, 30, 30].map { .seconds($0) }
        #expect(delays == expected)
    }

    @Test("who has run for a minute begins anew")
    func wellness() {
        var policy = RestartPolicy()
        for _ in 0..<9 { _ = policy.delay(after: .zero) }
        #expect(policy.delay(after: .seconds(60)) == .zero)
        #expect(policy.delay(after: .seconds(59.9)) == .zero)
    }
}
