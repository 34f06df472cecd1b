import PluginKit
import Postgres
import TestKit
import Testing

/// Requests whose sender, or whom they are about, is somebody else by the time they are carried out.
@Suite("Changed meanwhile")
struct ChangedMeanwhileTests {
    /// The tenant, held as who changes its people holds it.
    private static let held: SQL = """
        WITH held AS (
            SELECT id
            FROM core.tenants
            WHERE slug = 'acme'
            FOR NO KEY UPDATE
        )
        """

    /// Gives somebody another role, as another server would that holds the tenant.
    private static func giving(_ role: String, to id: String) -> SQL {
        """
        \(held)
        UPDATE core.profiles AS p
        SET role = \(role)
        FROM held
        WHERE p.tenant_id = held.id AND p.id::text = \(id)
        """
    }

    private static func run(_ statement: SQL, _ site: PeopleSite) async throws {
        try await site.test.database.asSuperuser { admin in _ = try await admin.run(statement) }
    }

    @Test("Whoever is no admin any more changes nobody, adds nobody and hands nothing out by a request that waits")
    func senders() async throws {
        try await PeopleSite.with { site in
            let admin = try await site.add("second", role: "admin")
            let linus = try await site.add("linus", role: "agent")
            let token = try await site.token("second")
            let connection: JSONValue = ["name": "x", "issuer": "https://login.example", "client_id": "x"]
            let connected = try await site.send("POST", "/auth/oidc/connections", connection)
            let connectionID = try #require(connected.json["id"]?.string)
            let member: JSONValue = [
                "email": "x@acme.example", "name": "X", "password": .string(PeopleSite.password), "role": "agent",
            ]
            let role = try await site.send("POST", "/roles", ["name": "Desk", "permissions": [:]])
            let team = try await site.send("POST", "/teams", ["name": "Desk"])
            let roleID = try #require(role.json["id"]?.string)
            let teamID = try #require(team.json["id"]?.string)
            let requests: [(method: String, path: String, body: JSONValue?)] = [
                ("POST", "/roles", ["name": "x", "permissions": [:]]), ("PATCH", "/roles/\(roleID)", ["name": "x"]),
                ("DELETE", "/roles/\(roleID)", nil), ("POST", "/teams", ["name": "x"]),
                ("PATCH", "/teams/\(teamID)", ["name": "x", "member_ids": [.string(linus)]]),
                ("DELETE", "/teams/\(teamID)", nil), ("POST", "/members", member),
                ("PATCH", "/members/\(linus)", ["name": "Other"]),
                ("PATCH", "/members/\(linus)", ["role": "viewer"]), ("DELETE", "/members/\(linus)", nil),
                ("POST", "/members/\(linus)/password-reset", nil),
                ("POST", "/api-keys", ["name": "k", "permissions": ["members.read"]]), ("POST", "/customer-keys", [:]),
                ("POST", "/auth/oidc/connections", connection),
                ("PATCH", "/auth/oidc/connections/\(connectionID)", ["issuer": "https://other.example"]),
            ]
            for (method, path, body) in requests {
                let answer = try await site.answer(while: Self.giving("agent", to: admin)) {
                    try await site.send(method, path, body, token: token)
                }
                #expect(answer.status == 403 && answer.code == "role_forbidden", "\(method) \(path): \(answer.text)")
                try await Self.run("UPDATE core.profiles SET role = 'admin' WHERE id::text = \(admin)", site)
            }
            let members = try await site.send("GET", "/members").json["data"]?.array ?? []
            #expect(members.count == 3)
            let kept = members.first { $0["id"] == .string(linus) }
            #expect(kept?["name"] == "linus" && kept?["role"] == "agent")
            for (path, name) in [("/roles", "Desk"), ("/teams", "Desk")] as [(String, JSONValue)] {
                let kept = try await site.send("GET", path).json["data"]?.array ?? []
                #expect(kept.map { $0["name"] } == [name], "\(path)")
            }
            #expect(try await site.send("GET", "/teams").json["data"]?.array?.first?["member_ids"] == [])
            for path in ["/api-keys", "/customer-keys"] { #expect(try await site.send("GET", path).json["data"] == []) }
            let connections = try await site.send("GET", "/auth/oidc/connections").json["data"]?.array ?? []
            #expect(connections.count == 1 && connections.first?["issuer"] == "https://login.example")
            let resets = try await site.test.database.asSuperuser { admin in
                try await admin.run("SELECT FROM core.password_resets").count
            }
            #expect(resets == 0)
        }
    }

    @Test("Whose role allows less by now hands nothing out by a request that waits")
    func narrowed() async throws {
        try await PeopleSite.with { site in
            let role = try await site.send(
                "POST", "/roles", ["name": "Lead", "permissions": ["members.read": "all", "api_keys.write": "all"]])
            let id = try #require(role.json["id"]?.string)
            try await site.add("lead", role: id)
            let token = try await site.token("lead")
            func narrowing(to permissions: JSONValue) -> SQL {
                """
                \(Self.held)
                UPDATE core.roles AS r
                SET permissions = \(permissions)
                FROM held
                WHERE r.tenant_id = held.id AND r.id::text = \(id)
                """
            }
            func make(while change: SQL) async throws -> TestClient.Answer {
                try await site.answer(while: change) {
                    try await site.send(
                        "POST", "/api-keys", ["name": "k", "permissions": ["members.read"]], token: token)
                }
            }
            let refused = try await make(while: narrowing(to: ["api_keys.write": "all"]))
            #expect(refused.status == 403 && refused.code == "role_forbidden", "\(refused.text)")
            let made = try await make(
                while: narrowing(to: ["members.read": "all", "api_keys.write": "all", "teams.read": "all"]))
            #expect(made.status == 201, "\(made.text)")
        }
    }

    @Test("Of two who change a team at once, each finds what the other left: nobody stays in it unchecked")
    func teams() async throws {
        try await PeopleSite.with { site in
            let linus = try await site.add("linus", role: "agent")
            let grace = try await site.add("grace", role: "agent")
            let team = try await site.send("POST", "/teams", ["name": "Desk"])
            let id = try #require(team.json["id"]?.string)
            let adding: SQL = """
                \(Self.held)
                INSERT INTO core.team_members (tenant_id, team_id, profile_id)
                SELECT held.id, t.id, p.id
                FROM held
                JOIN core.teams AS t ON t.tenant_id = held.id AND t.id::text = \(id)
                JOIN core.profiles AS p ON p.tenant_id = held.id AND p.id::text = \(linus)
                """
            let changed = try await site.answer(while: adding) {
                try await site.send("PATCH", "/teams/\(id)", ["member_ids": [.string(grace)]])
            }
            #expect(changed.json["member_ids"] == [.string(grace)], "\(changed.text)")
        }
    }

    @Test("A key that ends while its request waits makes no other")
    func keys() async throws {
        try await PeopleSite.with { site in
            let wanted: JSONValue = ["name": "k", "permissions": ["api_keys.write"]]
            let key = try #require(try await site.send("POST", "/api-keys", wanted).json["key"]?.string)
            // Its first use is written down, and would wait for the end of the key.
            #expect(try await site.send("GET", "/api-keys", token: key).status != 401)
            let end: SQL = """
                \(Self.held)
                UPDATE core.api_keys AS k
                SET revoked_at = now()
                FROM held
                WHERE k.tenant_id = held.id
                """
            let answer = try await site.answer(while: end) {
                try await site.send("POST", "/api-keys", wanted, token: key)
            }
            #expect(answer.status == 403 && answer.code == "role_forbidden", "\(answer.text)")
            #expect(try await site.send("GET", "/api-keys").json["data"] == [])
        }
    }

    @Test("Whoever becomes an owner while an admin's request about them waits is left as they are")
    func targets() async throws {
        try await PeopleSite.with { site in
            try await site.add("second", role: "admin")
            let linus = try await site.add("linus", role: "agent")
            let token = try await site.token("second")
            let requests: [(method: String, path: String, body: JSONValue?)] = [
                ("PATCH", "/members/\(linus)", ["status": "disabled"]), ("DELETE", "/members/\(linus)", nil),
                ("POST", "/members/\(linus)/password-reset", nil),
            ]
            // A role that an admin covers too is another one than was looked at.
            for (role, status, code) in [("owner", 403, "role_forbidden"), ("viewer", 409, "member_changed")] {
                for (method, path, body) in requests {
                    let answer = try await site.answer(while: Self.giving(role, to: linus)) {
                        try await site.send(method, path, body, token: token)
                    }
                    #expect(answer.status == status && answer.code == code, "\(method) \(path): \(answer.text)")
                    try await Self.run("UPDATE core.profiles SET role = 'agent' WHERE id::text = \(linus)", site)
                }
            }
            #expect(try await site.send("GET", "/members/\(linus)").json["status"] == "active")
            let resets = try await site.test.database.asSuperuser { admin in
                try await admin.run("SELECT FROM core.password_resets").count
            }
            #expect(resets == 0)
        }
    }
}
