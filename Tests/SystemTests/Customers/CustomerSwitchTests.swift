import Platform
import PluginKit
import TestKit
import Testing

/// The switch of a module, as those see it who have no account.
@Suite("Customers: switches")
struct CustomerSwitchTests {
    private static let promise: Duration = .seconds(1)

    @Test("A second after a module is switched off, customers and visitors get 404 from every server, and only theirs")
    func switchedOff() async throws {
        try await DoorsSite.with { site in
            let people = PeopleSite(test: site.test, tenant: site.one, client: site.client)
            let others = PeopleSite(test: site.test, tenant: site.other, client: site.client)
            let other = try await Self.customer(others)
            try await site.test.withAnother { second in
                let asking = TestClient(second.url)
                func codes(_ token: String, _ slug: String) async throws -> [String] {
                    let answers = [
                        try await asking.send("GET", "/v1/doors/mine", token: token),
                        try await asking.send("GET", "/public/\(slug)/doors/titles"),
                    ]
                    return answers.map { $0.code ?? "\($0.status)" }
                }
                for (isOn, wanted) in [(false, "module_disabled"), (true, "200"), (false, "module_disabled")] {
                    let before = isOn ? "module_disabled" : "200"
                    // A new customer each time, since each may ask only so often.
                    let customer = try await Self.customer(people)
                    let isReady = try await eventually { try await codes(customer, "one") == [before, before] }
                    #expect(isReady)
                    let changed = try await people.send("PATCH", "/modules/knowledge", ["enabled": .bool(isOn)])
                    #expect(changed.status == 200)
                    let start = ContinuousClock.now
                    let isSo = try await eventually { try await codes(customer, "one") == [wanted, wanted] }
                    #expect(isSo && start.duration(to: .now) < Self.promise)
                    let gone = try await asking.send("GET", "/v1/doors/mine", token: customer)
                    #expect(gone.status == (isOn ? 200 : 404))
                    #expect(try await codes(other, "other") == ["200", "200"])
                }
            }
        }
    }

    private static func customer(_ people: PeopleSite) async throws -> String {
        let added = try await people.send("POST", "/customers", ["name": "Noah"])
        return try await CustomerSite.token(try #require(added.json["id"]?.string), people)
    }
}
