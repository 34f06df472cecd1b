import PluginKit
import TestKit
import Testing

/// What one server is told, another on the same database knows within a second.
@Suite("Revocation")
struct RevocationTests {
    /// The longest time between the answer to a change and the last request that another server lets through.
    private static let promise: Duration = .seconds(1)

    @Test("A48: Holds at another server within a second", arguments: Revocation.allCases)
    func holdsElsewhere(revocation: Revocation) async throws {
        try await PeopleSite.with { site in
            try await site.test.withAnother { second in
                let (watched, revoke) = try await revocation.prepare(site)
                let other = TestClient(second.url)
                let ask = { try await other.send("GET", "/v1" + watched.path, token: watched.token).status }
                // The second server has to learn of the tenant first.
                let holds1 = try await eventually { try await ask() == 200 }
                #expect(holds1)
                let answer = try await revoke()
                #expect((200..<300).contains(answer.status), "\(answer.text)")
                let changed = ContinuousClock.now
                var lastAccepted = changed
                let isRefused = try await eventually {
                    let sent = ContinuousClock.now
                    let status = try await ask()
                    if status == 200 { lastAccepted = sent }
                    return status == watched.status
                }
                #expect(isRefused)
                #expect(changed.duration(to: lastAccepted) < Self.promise)
            }
        }
    }
}
