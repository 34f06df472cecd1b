import Cryptography
import Platform
import PluginKit
import Synchronization
import TestKit
import Testing

/// Logins while passwords cannot be checked.
extension LoginTests {
    /// What derives keys, unless there is no room to start it.
    private final class Derivation: Sendable {
        let hasRoom = Atomic(true)

        @Sendable func derive(
            _ password: [UInt8], _ salt: [UInt8], _ cost: ScryptCost, _ count: Int
        ) throws(PasswordError) -> [UInt8] {
            guard hasRoom.load(ordering: .relaxed) else { throw .unavailable }
            return try Scrypt.derive(from: password, salt: salt, cost: cost, count: count)
        }
    }

    @Test("A password that cannot be checked is answered 503 and is no attempt, and one that cannot be set is not")
    func unchecked() async throws {
        let derivation = Derivation()
        try await TestPlatform.with(adjust: { $0.keyDerivation = derivation.derive }) { test in
            let site = PeopleSite(test: test, tenant: try await test.tenant("acme"), client: TestClient(test.url))
            try await site.add("grace", role: "agent")
            for _ in 0..<5 { #expect(try await site.login("grace", password: "wrong").status == 401) }

            derivation.hasRoom.store(false, ordering: .relaxed)
            for _ in 0..<12 {
                let answer = try await site.login("grace")
                #expect(answer.status == 503 && answer.code == "busy", "\(answer.text)")
            }
            let unset = try await site.send(
                "POST", "/members",
                ["email": "linus@acme.example", "name": "Linus", "password": "a password", "role": "agent"])
            #expect(unset.status == 503 && unset.code == "busy", "\(unset.text)")

            derivation.hasRoom.store(true, ordering: .relaxed)
            // The wrong ones of before still count.
            for _ in 0..<4 { #expect(try await site.login("grace", password: "wrong").status == 401) }
            #expect(try await site.login("grace").status == 200)
            for _ in 0..<10 { #expect(try await site.login("grace", password: "wrong").status == 401) }
            #expect(try await site.login("grace").status == 429)
        }
    }
}
