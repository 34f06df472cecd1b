import Cryptography
import Foundation
import Identity
import Testing

@Suite("The cache of verified tokens")
struct TokenCacheTests {
    @Test("answers the second time as the first")
    func hit() throws {
        let verifier = try TokenForge.verifier()
        let token = TokenForge.token()
        let first = try verifier.verify(token, audience: .api, now: TokenForge.now)
        #expect(verifier.cachedCount == 1)
        #expect(try verifier.verify(token, audience: .api, now: TokenForge.now.addingTimeInterval(300)) == first)
        #expect(verifier.cachedCount == 1)
    }

    @Test("never answers for another audience")
    func audience() throws {
        let verifier = try TokenForge.verifier()
        let token = TokenForge.token()
        _ = try verifier.verify(token, audience: .api, now: TokenForge.now)
        #expect(throws: TokenError.audienceRefused) {
            try verifier.verify(token, audience: .operator, now: TokenForge.now)
        }
    }

    @Test("forgets a token at its end, and never accepts it past that")
    func expiry() throws {
        let verifier = try TokenForge.verifier()
        let token = TokenForge.token()
        _ = try verifier.verify(token, audience: .api, now: TokenForge.now)
        // Within the tolerance the token is verified anew, and not remembered again.
        _ = try verifier.verify(token, audience: .api, now: TokenForge.now.addingTimeInterval(600))
        #expect(verifier.cachedCount == 0)
        for seconds in [630.0, 3_600, 1e9] {
            #expect(throws: TokenError.expired) {
                try verifier.verify(token, audience: .api, now: TokenForge.now.addingTimeInterval(seconds))
            }
        }
    }

    @Test("does not answer before the token's beginning either, should the clock step back")
    func stepBack() throws {
        let verifier = try TokenForge.verifier()
        let token = TokenForge.token()
        _ = try verifier.verify(token, audience: .api, now: TokenForge.now)
        #expect(throws: TokenError.notYetValid) {
            try verifier.verify(token, audience: .api, now: TokenForge.now.addingTimeInterval(-60))
        }
    }

    @Test("remembers no token that was refused, nor an altered form of one it knows")
    func refusals() throws {
        let verifier = try TokenForge.verifier()
        _ = try verifier.verify(TokenForge.token(), audience: .api, now: TokenForge.now)
        let crooked = [
            TokenForge.token() + "=", TokenForge.token(claims: ["tid": "1"]), TokenForge.token(secret: [1]),
            TokenForge.token(claims: ["exp": "1789999999", "nbf": "1", "iat": "1"]) + "\n",
        ]
        for token in crooked + crooked {
            #expect(throws: TokenError.self) { try verifier.verify(token, audience: .api, now: TokenForge.now) }
        }
        #expect(verifier.cachedCount == 1)
    }

    @Test("never grows beyond its capacity, and still verifies what it had to forget")
    func bound() throws {
        let verifier = try TokenForge.verifier(cacheCapacity: 64)
        let tokens = (0..<300).map { number in TokenForge.token(claims: ["n": "\(number)"]) }
        for token in tokens + tokens.reversed() {
            _ = try verifier.verify(token, audience: .api, now: TokenForge.now)
            #expect(verifier.cachedCount <= 64)
        }
        #expect(verifier.cachedCount == 64)
    }

    @Test("gives every thread the token it asked for")
    func threads() async throws {
        let verifier = try TokenForge.verifier(cacheCapacity: 64)
        let tokens = (0..<200).map { number in TokenForge.token(claims: ["role": "\"r\(number)\""]) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for (number, token) in tokens.enumerated().shuffled() {
                        let verified = try verifier.verify(token, audience: .api, now: TokenForge.now)
                        #expect(verified.role == "r\(number)")
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
