import Identity
import Platform
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// Signing keys change while people work.
@Suite("Key rotation")
struct KeyRotationTests {
    @Test("Tokens of the old key hold on, and the new key signs once its time has come")
    func rotation() async throws {
        try await PeopleSite.with { site in
            try await site.add("grace", role: "agent")
            _ = try await site.test.platform.identity.rotation.rotate()
            #expect(try await site.send("GET", "/me").status == 200)
            let before = try await site.token("grace")
            // As if the new key's time had come.
            _ = try await site.test.database.asSuperuser { admin in
                try await admin.run(
                    "UPDATE core.token_keys SET signs_from = now() - interval '1 second' WHERE ends_at IS NULL")
                try await admin.run("SELECT core.record_change('token_key', NULL, 'test')")
            }
            try await site.test.platform.control.refresh()
            let after = try await site.token("grace")
            #expect(before.split(separator: ".")[0] != after.split(separator: ".")[0])
            for token in [site.tenant.token, before, after] {
                #expect(try await site.send("GET", "/me", token: token).status == 200)
            }
        }
    }

    @Test("An emergency ends the keys too that a rotation a moment before has left to verify")
    func emergencyAfterRotation() async throws {
        try await PeopleSite.with { site in
            for isEmergency in [false, true] {
                #expect(try await site.send("GET", "/me").status == 200)
                _ = try await site.test.platform.identity.rotation.rotate(isEmergency: isEmergency)
            }
            #expect(try await site.send("GET", "/me").status == 401)
        }
    }

    @Test("In an emergency every access token ends at once, and a refresh gives a new one")
    func emergency() async throws {
        try await PeopleSite.with { site in
            try await site.add("grace", role: "agent")
            let login = try await site.login("grace")
            let token = try #require(login.json["access_token"]?.string)
            #expect(try await site.send("GET", "/me", token: token).status == 200)
            _ = try await site.test.platform.identity.rotation.rotate(isEmergency: true)
            #expect(try await site.send("GET", "/me", token: token).status == 401)
            let refreshed = try await site.client.send(
                "POST", "/v1/auth/refresh", body: ["refresh_token": login.json["refresh_token"] ?? .null])
            let fresh = try #require(refreshed.json["access_token"]?.string)
            #expect(try await site.send("GET", "/me", token: fresh).status == 200)
        }
    }
}
