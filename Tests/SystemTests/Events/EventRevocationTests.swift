import Foundation
@_spi(Kernel) import PluginKit
import TestKit
import Testing

/// A stream ends when its caller is no longer who they were, at another server within a second.
@Suite("Event stream: revocation", .timeLimit(.minutes(15)))
struct EventRevocationTests {
    @Test(
        "Ends at another server within a second",
        arguments: Revocation.allCases.filter { $0 != .moduleOff })
    func ends(revocation: Revocation) async throws {
        try await PeopleSite.with { site in
            try await site.test.withAnother { second in
                let (watched, revoke) = try await revocation.prepare(site)
                let other = TestClient(second.url)
                let isKnown = try await eventually {
                    try await other.send("GET", "/v1" + watched.path, token: watched.token).status == 200
                }
                #expect(isKnown)
                var listener = try await EventListener(second.url, token: watched.token)
                #expect(listener.status == 200)
                let answer = try await revoke()
                #expect((200..<300).contains(answer.status), "\(answer.text)")
                let changed = ContinuousClock.now
                let message = try await listener.nextEvent()
                #expect(message?.event == "reauth" && message?.json["reason"] == "changed")
                #expect(try await listener.next() == nil)
                #expect(changed.duration(to: .now) < .seconds(1))
            }
        }
    }
}
