@_spi(Kernel) import PluginKit
import TestKit
import Testing

@Suite("Tenant's time zone")
struct TenantZoneTests {
    @Test("An admin sets the zone that schedules follow, an operator too, and both see it")
    func set() async throws {
        try await TestPlatform.with { test in
            let tenant = try await test.tenant("acme")
            let client = TestClient(test.url)
            let mine = try await client.send(
                "PATCH", "/v1/tenant", token: tenant.token, body: ["zone": "America/Santiago"])
            #expect(mine.status == 200 && mine.json["zone"] == "America/Santiago", "\(mine.text)")
            let path = "/v1/operator/tenants/\(tenant.id)"
            let theirs = try await client.send(
                "PATCH", path, token: test.operatorToken, body: ["zone": "Europe/Berlin"])
            #expect(theirs.json["zone"] == "Europe/Berlin", "\(theirs.text)")
            #expect(try await client.send("GET", "/v1/tenant", token: tenant.token).json["zone"] == "Europe/Berlin")
        }
    }

    @Test(
        "What is no zone of the IANA database is refused, and nothing changes",
        arguments: ["Mars/Olympus", "CET", "", "+02:00", "../etc/passwd"])
    func refused(zone: String) async throws {
        try await TestPlatform.with { test in
            let tenant = try await test.tenant("acme")
            let client = TestClient(test.url)
            let answer = try await client.send(
                "PATCH", "/v1/tenant", token: tenant.token, body: ["zone": .string(zone)])
            #expect(answer.status == 422, "\(answer.text)")
            #expect(try await client.send("GET", "/v1/tenant", token: tenant.token).json["zone"] == "UTC")
        }
    }
}
