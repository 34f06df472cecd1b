import PluginKit
import Postgres
import TestKit
import Testing

/// Many logins of one person.
extension LoginTests {
    @Test("All logins of an account end in one step, however many there are")
    func endsAtOnce() async throws {
        try await PeopleSite.with { site in
            try await site.add("grace", role: "agent")
            let others = [try await site.token("grace"), try await site.token("grace"), try await site.token("grace")]
            let token = try await site.token("grace")
            try await site.test.database.noteRevisions()
            let change: JSONValue = [
                "current_password": .string(PeopleSite.password), "new_password": "a better password",
            ]
            #expect(try await site.send("POST", "/me/password", change, token: token).status == 204)
            #expect(try await site.test.database.notedSteps() == [1])
            for other in others { #expect(try await site.send("GET", "/me", token: other).status == 401) }
            #expect(try await site.send("GET", "/me", token: token).status == 200)

            let another = try #require(
                try await site.login("grace", password: "a better password").json["access_token"]?.string)
            #expect(try await site.send("POST", "/auth/logout-everywhere", token: token).status == 204)
            #expect(try await site.test.database.notedSteps() == [1, 1])
            for ended in [token, another] { #expect(try await site.send("GET", "/me", token: ended).status == 401) }
        }
    }

    @Test("One login more than a person may have ends the one that was not used for the longest")
    func surplus() async throws {
        try await PeopleSite.with { site in
            let id = try await site.add("grace", role: "agent")
            let oldest = try await site.login("grace").json
            let idle = try await site.token("grace")
            let answer = try await site.client.send(
                "POST", "/v1/auth/refresh", body: ["refresh_token": oldest["refresh_token"] ?? .null])
            let refreshed = try #require(answer.json["access_token"]?.string)
            try await site.test.database.asSuperuser { admin in
                _ = try await admin.run(
                    """
                    INSERT INTO core.sessions (tenant_id, id, profile_id, expires_at)
                    SELECT tenant_id, gen_random_uuid(), id, now() + interval '1 day'
                    FROM core.profiles
                    CROSS JOIN generate_series(1, 98)
                    WHERE id::text = \(id)
                    """)
            }
            #expect(try await site.send("GET", "/me", token: idle).status == 200)
            let newest = try await site.token("grace")
            #expect(try await site.send("GET", "/me", token: idle).status == 401)
            for token in [refreshed, newest] { #expect(try await site.send("GET", "/me", token: token).status == 200) }
            let list = try await site.send("GET", "/me/sessions?limit=100", token: newest)
            #expect(list.json["data"]?.array?.count == 100 && list.json["next_cursor"] == .null)
            let told = try await site.test.database.asSuperuser { admin in
                try await admin.run(
                    """
                    SELECT data ->> 'revoked_reason' AS reason
                    FROM core.events
                    WHERE type = 'session.updated'
                    """
                ).rows.map { try $0.get("reason", as: String.self) }
            }
            #expect(told == ["too many logins"])
        }
    }
}
