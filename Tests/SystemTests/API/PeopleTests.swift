import Platform
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// Members, roles, teams: who may give what to whom.
@Suite("People")
struct PeopleTests {
    @Test("A changed role, a disabled person and a removed one lose their tokens at once")
    func revocation() async throws {
        try await PeopleSite.with { site in
            let id = try await site.add("grace", role: "agent")
            var token = try await site.token("grace")
            for change: JSONValue in [["role": "viewer"], ["status": "disabled"]] {
                #expect(try await site.send("GET", "/me", token: token).status == 200)
                #expect(try await site.send("PATCH", "/members/\(id)", change).status == 200)
                #expect(try await site.send("GET", "/me", token: token).status == 401, "\(change)")
                token = try await site.login("grace").json["access_token"]?.string ?? ""
            }
            #expect(try await site.login("grace").status == 401)
            #expect(try await site.send("PATCH", "/members/\(id)", ["status": "active"]).status == 200)
            token = try await site.token("grace")
            #expect(try await site.send("DELETE", "/members/\(id)").status == 204)
            #expect(try await site.send("GET", "/me", token: token).status == 401)
            #expect(try await site.login("grace").status == 401)
            #expect(try await site.send("GET", "/members/\(id)").status == 404)
        }
    }

    @Test("The server gives a removal minutes, and not half a second, and tells whose doing it was")
    func removalLimit() async throws {
        try await PeopleSite.with { site in
            let id = try await site.add("grace", role: "agent")
            try await site.test.database.noteLimit(whenDeletingFrom: "core.profiles")
            #expect(try await site.send("DELETE", "/members/\(id)").status == 204)
            #expect(try await site.test.database.notedLimits() == ["110s"])
            let told = try await site.test.database.asSuperuser { admin in
                try await admin.run("SELECT actor_id FROM core.events WHERE type = 'member.deleted'").rows.map {
                    try $0.get("actor_id", as: ActorID.self)
                }
            }
            #expect(told == [site.tenant.session.actor.id])
        }
    }

    @Test("Whoever is taken out of all they were given keeps nobody else waiting")
    func longRemoval() async throws {
        try await PeopleSite.with { site in
            let id = try await site.add("grace", role: "agent")
            try await site.add("linus", role: "agent")
            let other = try await site.token("linus")
            let opened = try await site.send(
                "POST", "/conversations",
                ["customer": ["email": "noah@example.com"], "subject": "S", "message": ["content": "hello"]])
            #expect(opened.status == 201, "\(opened.text)")
            let assigning: SQL = """
                UPDATE conversations.conversations AS c
                SET assignee_id = p.id
                FROM core.profiles AS p
                WHERE p.tenant_id = c.tenant_id AND p.id::text = \(id)
                """
            try await site.test.database.asSuperuser { admin in
                try await admin.run(assigning)
                try await admin.run("BEGIN")
                try await admin.run("SELECT FROM conversations.conversations FOR UPDATE")
                async let removed = site.send("DELETE", "/members/\(id)")
                let waits = try await eventually(within: .seconds(4)) {
                    try await site.test.database.isAnybodyWaiting()
                }
                #expect(waits)
                let logout = try await site.send("POST", "/auth/logout", token: other)
                #expect(logout.status == 204, "\(logout.text)")
                try await admin.run("COMMIT")
                let answer = try await removed
                #expect(answer.status == 204, "\(answer.text)")
            }
            let left = try await site.test.database.asSuperuser { admin in
                try await admin.run("SELECT id FROM conversations.conversations WHERE assignee_id IS NOT NULL").count
            }
            #expect(left == 0)
        }
    }

    @Test("The last owner stays, whoever asks")
    func lastOwner() async throws {
        try await PeopleSite.with { site in
            let own = site.tenant.session.actor.id.description
            for change: JSONValue in [["role": "admin"], ["status": "disabled"]] {
                #expect(try await site.send("PATCH", "/members/\(own)", change).code == "last_owner")
            }
            #expect(try await site.send("DELETE", "/members/\(own)").code == "last_owner")
            let second = try await site.add("grace", role: "owner")
            #expect(try await site.send("PATCH", "/members/\(own)", ["role": "admin"]).status == 200)
            let token = try await site.token("grace")
            #expect(try await site.send("DELETE", "/members/\(second)", token: token).code == "last_owner")
        }
    }

    @Test("An admin touches no owner and makes none; an agent changes nobody")
    func authority() async throws {
        try await PeopleSite.with { site in
            let own = site.tenant.session.actor.id.description
            try await site.add("admin2", role: "admin")
            try await site.add("agent", role: "agent")
            let admin = try await site.token("admin2")
            let newOwner: JSONValue = [
                "email": "x@acme.example", "name": "X", "password": .string(PeopleSite.password), "role": "owner",
            ]
            #expect(try await site.send("POST", "/members", newOwner, token: admin).code == "role_forbidden")
            #expect(
                try await site.send("PATCH", "/members/\(own)", ["name": "Y"], token: admin).code == "role_forbidden")
            #expect(try await site.send("DELETE", "/members/\(own)", token: admin).code == "role_forbidden")
            #expect(
                try await site.send("POST", "/members/\(own)/password-reset", token: admin).code == "role_forbidden")
            let invitation: JSONValue = ["email": "x@acme.example", "role": "owner"]
            #expect(try await site.send("POST", "/invitations", invitation, token: admin).code == "role_forbidden")
            let agent = try await site.token("agent")
            #expect(try await site.send("PATCH", "/members/\(own)", ["name": "Y"], token: agent).code == "forbidden")
        }
    }

    @Test("A custom role grants what it names, and its change holds at once")
    func customRoles() async throws {
        try await PeopleSite.with { site in
            let role = try await site.send(
                "POST", "/roles", ["name": "Desk", "permissions": ["knowledge.read": "all", "members.write": "all"]])
            #expect(role.status == 201, "\(role.text)")
            let id = try #require(role.json["id"]?.string)
            try await site.add("desk", role: id)
            let token = try await site.token("desk")
            let me = try await site.send("GET", "/me", token: token)
            #expect(me.json["role"] == .string(id))
            #expect(me.json["permissions"] == ["knowledge.read", "members.write"])
            #expect(try await site.send("GET", "/knowledge/items", token: token).status == 200)
            #expect(try await site.send("GET", "/conversations", token: token).code == "forbidden")
            let change: JSONValue = ["permissions": ["conversations.read": "all", "members.write": "all"]]
            #expect(try await site.send("PATCH", "/roles/\(id)", change).status == 200)
            #expect(try await site.send("GET", "/knowledge/items", token: token).code == "forbidden")
            #expect(try await site.send("GET", "/conversations", token: token).status == 200)
            #expect(try await site.send("DELETE", "/roles/\(id)").code == "role_in_use")
        }
    }

    @Test("Nobody hands on a permission or a scope that they do not have")
    func escalation() async throws {
        try await PeopleSite.with { site in
            let role = try await site.send(
                "POST", "/roles",
                [
                    "name": "Lead",
                    "permissions": [
                        "roles.write": "all", "members.write": "all", "api_keys.write": "all",
                        "conversations.read": "team",
                    ],
                ])
            try await site.add("lead", role: try #require(role.json["id"]?.string))
            let token = try await site.token("lead")
            let grants: [JSONValue] = [
                ["modules.write": "all"], ["conversations.read": "all"], ["conversations.write": "assigned"],
            ]
            for permissions in grants {
                let answer = try await site.send(
                    "POST", "/roles", ["name": "Mine", "permissions": permissions], token: token)
                #expect(answer.code == "role_forbidden", "\(permissions)")
            }
            for role in ["owner", "admin", "agent"] {
                let member: JSONValue = [
                    "email": "y@acme.example", "name": "Y", "password": .string(PeopleSite.password),
                    "role": .string(role),
                ]
                #expect(try await site.send("POST", "/members", member, token: token).code == "role_forbidden")
            }
            let key: JSONValue = ["name": "k", "permissions": ["conversations.read"]]
            #expect(try await site.send("POST", "/api-keys", key, token: token).code == "role_forbidden")
        }
    }

    @Test(
        "A role names known permissions and scopes",
        arguments: [["nothing.read": "all"], ["members.read": "everything"], ["members.read": 1]] as [JSONValue])
    func roleFields(permissions: JSONValue) async throws {
        try await PeopleSite.with { site in
            let answer = try await site.send("POST", "/roles", ["name": "R", "permissions": permissions])
            #expect(answer.status == 422)
        }
    }

    @Test("A role has no permission over a part where routes would show everything all the same")
    func undivided() async throws {
        try await PeopleSite.with { site in
            let narrow: JSONValue = ["name": "R", "permissions": ["files.read": "assigned"]]
            let answer = try await site.send("POST", "/roles", narrow)
            #expect(answer.status == 422 && answer.code == "scope_unknown")
            let role = try await site.send("POST", "/roles", ["name": "R", "permissions": ["files.read": "all"]])
            let id = try #require(role.json["id"]?.string)
            let change = try await site.send("PATCH", "/roles/\(id)", ["permissions": ["files.read": "team"]])
            #expect(change.status == 422 && change.code == "scope_unknown")
            try await site.add("old", role: id)
            // As roles were stored before this was refused.
            try await site.test.database.asSuperuser { admin in
                _ = try await admin.run("UPDATE core.roles SET permissions = '{\"files.read\": \"team\"}'")
                _ = try await admin.run("SELECT core.record_change('role', \(site.tenant.id), 'R')")
            }
            try await site.test.platform.control.refresh()
            #expect(try await site.send("GET", "/files", token: try await site.token("old")).status == 403)
        }
    }

    @Test("A team holds people of its own tenant only")
    func teams() async throws {
        try await PeopleSite.with { site in
            let id = try await site.add("grace", role: "agent")
            let team = try await site.send("POST", "/teams", ["name": "Returns", "member_ids": [.string(id)]])
            #expect(team.status == 201 && team.json["member_ids"] == [.string(id)])
            let teamID = try #require(team.json["id"]?.string)
            let other = try await site.test.tenant("other")
            let foreign = other.session.actor.id.description
            for body: JSONValue in [
                ["member_ids": [.string(foreign)]], ["member_ids": [.string(ActorID.make().description)]],
            ] {
                let answer = try await site.send("PATCH", "/teams/\(teamID)", body)
                #expect(answer.status == 422 && answer.code == "reference_missing")
            }
            #expect(try await site.send("PATCH", "/teams/\(teamID)", ["name": "R"], token: other.token).status == 404)
            #expect(try await site.send("DELETE", "/teams/\(teamID)", token: other.token).status == 404)
            let emptied = try await site.send("PATCH", "/teams/\(teamID)", ["member_ids": []])
            #expect(emptied.json["member_ids"] == [])
            #expect(try await site.send("DELETE", "/teams/\(teamID)").status == 204)
        }
    }
}
