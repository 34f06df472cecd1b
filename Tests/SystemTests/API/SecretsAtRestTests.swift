import Cryptography
import Foundation
import Platform
import PluginKit
import Postgres
import TestKit
import Testing

/// Tokens are random, shown once and stored nowhere.
@Suite("Secrets at rest")
struct SecretsAtRestTests {
    /// One of everything that opens a door, each with who made it.
    private static func secrets(_ site: PeopleSite) async throws -> [String: String] {
        func made(_ path: String, _ body: JSONValue, _ field: String, token: String? = nil) async throws -> String {
            let answer = try await site.send("POST", path, body, token: token)
            return try #require(answer.json[field]?.string, "\(path) \(answer.text)")
        }
        let grace = try await site.add("grace", role: "agent")
        let login = try await site.login("grace").json
        let reset = try await site.client.send(
            "POST", "/v1/operator/tenants/\(site.tenant.id)/members/\(grace)/password-reset",
            token: site.test.operatorToken)
        let number = ID<Void>.make().description.prefix(8)
        return [
            "access token": try #require(login["access_token"]?.string),
            "refresh token": try #require(login["refresh_token"]?.string),
            "operator's token": site.test.operatorToken,
            "API key": try await made("/api-keys", ["name": "k", "permissions": ["members.read"]], "key"),
            "invitation": try await made(
                "/invitations", ["email": .string("\(number)@acme.example"), "role": "agent"], "token"),
            "password reset": try #require(reset.json["token"]?.string, "\(reset.text)"),
            "customer key": try await made("/customer-keys", [:], "secret"),
            "second factor": try await made(
                "/me/second-factor", ["password": .string(PeopleSite.password)], "secret",
                token: login["access_token"]?.string),
            "password": PeopleSite.password,
        ]
    }

    @Test("No row of any table holds a token, a key or a part of one; two of a kind share nothing but their prefix")
    func nowhere() async throws {
        try await PeopleSite.with { site in
            let secrets = try await Self.secrets(site)
            try await site.test.database.asSuperuser { admin in
                let tables = try await admin.run(
                    """
                    SELECT c.oid::regclass::text AS name
                    FROM pg_class AS c
                    WHERE c.relkind = 'r' AND c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
                    """)
                #expect(tables.count > 40)
                for row in tables.rows {
                    let name: String = try row.get("name")
                    for (kind, secret) in secrets {
                        // What identifies it may stand there; the rest of it may not, in any writing.
                        let tail = String(secret.suffix(secret.utf8.count > 40 ? 24 : 12))
                        let hex = Hex.encode(Array(tail.utf8))
                        let found = try await admin.run(
                            """
                            SELECT 1 FROM \(unsafeSQL: name) AS t
                            WHERE position(\(tail)::text IN t::text) > 0 OR position(\(hex)::text IN t::text) > 0
                            LIMIT 1
                            """)
                        #expect(found.isEmpty, "\(kind) stands in \(name)")
                    }
                }
            }
        }
    }

    @Test("A privilege that changes comes with a session of its own: by login, password, second factor and refresh")
    func sessions() async throws {
        try await PeopleSite.with { site in
            try await site.add("grace", role: "agent")
            func session(_ token: String?) throws -> String {
                let claims = try #require(token?.split(separator: ".").dropFirst().first)
                let json = try JSONParser.parse(try #require(Base64URL.decode(String(claims))))
                return try #require(json["sid"]?.string)
            }
            var seen: Set<String> = []
            for _ in 0..<3 { seen.insert(try session(try await site.token("grace"))) }
            // What somebody sends along begins no session of its own choice.
            let chosen = try await site.client.send(
                "POST", "/v1/auth/login",
                body: [
                    "email": "grace@acme.example", "password": .string(PeopleSite.password), "tenant": "acme",
                ], headers: [("Cookie", "romashka_sign_in=\(seen.first ?? "")"), ("X-Session", seen.first ?? "")])
            seen.insert(try session(chosen.json["access_token"]?.string))
            #expect(seen.count == 4)
            // A changed password leaves this login alone, and a refresh after it stays in it.
            let refreshed = try await site.client.send(
                "POST", "/v1/auth/refresh", body: ["refresh_token": chosen.json["refresh_token"] ?? .null])
            #expect(try session(refreshed.json["access_token"]?.string) == session(chosen.json["access_token"]?.string))
            let token = refreshed.json["access_token"]?.string
            let changed = try await site.send(
                "POST", "/me/password",
                ["current_password": .string(PeopleSite.password), "new_password": "quite another one"], token: token)
            #expect(changed.status < 300, "\(changed.text)")
            let list = try await site.send("GET", "/me/sessions", token: token)
            #expect(list.json["data"]?.array?.count == 1)
            let fresh = try await site.login("grace", password: "quite another one")
            #expect(!seen.contains(try session(fresh.json["access_token"]?.string)))
        }
    }
}
