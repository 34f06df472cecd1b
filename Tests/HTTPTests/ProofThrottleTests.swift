import PluginKit
import Testing

@testable import HTTP

@Suite("ProofThrottle")
struct ProofThrottleTests {
    private static let wrong = Problem(status: 401, code: "unauthenticated", detail: "Wrong.")

    /// What comes of a text from an address: the code of a refusal, nil for none.
    private func outcome(
        _ throttle: ProofThrottle, _ text: String?, _ address: String?, isRight: Bool = false
    ) async -> String? {
        do {
            try await throttle.checked(text, as: .key, from: address) {
                guard isRight else { throw Self.wrong }
            }
            return nil
        } catch {
            return (error as? Problem)?.code
        }
    }

    /// Shows wrong keys until one is refused before it is looked up.
    private func isFlooded(_ throttle: ProofThrottle, _ address: String?) async -> Bool {
        for number in 0..<1000 {
            let code = await outcome(throttle, "rmk_\(number)", address)
            if code == "rate_limited" { return true }
        }
        return false
    }

    @Test("Wrong keys of one address are refused after some hundred; one that was right before is not")
    func flood() async {
        let throttle = ProofThrottle()
        #expect(await outcome(throttle, "rmk_right", "192.0.2.1", isRight: true) == nil)
        #expect(await isFlooded(throttle, "192.0.2.1"))
        #expect(await outcome(throttle, "rmk_right", "192.0.2.1", isRight: true) == nil)
        #expect(await outcome(throttle, "rmk_new", "192.0.2.1", isRight: true) == "rate_limited")
        #expect(await outcome(throttle, "rmk_new", "192.0.2.2", isRight: true) == nil)
        // Tokens that cost no look-up are not counted here.
        #expect(await outcome(throttle, "eyJ", "192.0.2.1") == "unauthenticated")
        #expect(await outcome(throttle, nil, "192.0.2.1") == "unauthenticated")
    }

    @Test("A key that is right no longer counts like any wrong one")
    func ended() async {
        let throttle = ProofThrottle()
        #expect(await outcome(throttle, "rmk_ended", "192.0.2.1", isRight: true) == nil)
        #expect(await outcome(throttle, "rmk_ended", "192.0.2.1") == "unauthenticated")
        #expect(await isFlooded(throttle, "192.0.2.1"))
        #expect(await outcome(throttle, "rmk_ended", "192.0.2.1") == "rate_limited")
    }

    @Test("The addresses of one /64 count together; where no address is known, nothing is refused")
    func networks() async {
        let throttle = ProofThrottle()
        #expect(await isFlooded(throttle, "2001:db8::1"))
        #expect(await outcome(throttle, "rmk_x", "2001:db8::2") == "rate_limited")
        #expect(await outcome(throttle, "rmk_x", "2001:db8:0:1::2") == "unauthenticated")
        #expect(await !isFlooded(throttle, nil))
    }
}
