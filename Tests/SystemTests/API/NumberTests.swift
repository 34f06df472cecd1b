import PluginKit
import TestKit
import Testing

/// Numbers of free objects on their way to the database and back.
@Suite("Numbers")
struct NumberTests {
    @Test(
        "The smallest and the largest numbers come back as they went",
        arguments: [.leastNonzeroMagnitude, -.leastNormalMagnitude, .greatestFiniteMagnitude, -1e-300] as [Double])
    func numbersComeBack(number: Double) async throws {
        try await TestPlatform.with { test in
            let tenant = try await test.tenant("acme")
            let client = TestClient(test.url)
            let settings: JSONValue = ["number": .number(number)]
            let changed = try await client.send(
                "PUT", "/v1/operator/settings/number", token: test.operatorToken, body: ["value": settings])
            #expect(changed.status == 200 && changed.json["value"]?["number"].flatMap(value) == number)
            #expect(try await client.send("GET", "/v1/operator/settings", token: test.operatorToken).status == 200)
            let customer = try await client.send(
                "POST", "/v1/customers", token: tenant.token, body: ["name": "Noah", "metadata": settings])
            #expect(customer.status == 201 && customer.json["metadata"]?["number"].flatMap(value) == number)
        }
    }

    private func value(_ json: JSONValue) -> Double? {
        switch json {
        case .number(let number): number
        case .integer(let number): Double(number)
        default: nil
        }
    }
}
