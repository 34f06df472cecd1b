import PluginKit
import TestKit
import Testing

/// How far a permission reaches: everything, one's teams, or what is one's own.
@Suite("Scopes")
struct ScopeTests {
    @Test("Whoever sees what is their teams' takes nobody else into a team of theirs")
    func ownTeams() async throws {
        try await PeopleSite.with { site in
            let role = try await site.send(
                "POST", "/roles",
                ["name": "Lead", "permissions": ["conversations.read": "team", "teams.write": "all"]])
            let lead = try await site.add("lead", role: try #require(role.json["id"]?.string))
            let mate = try await site.add("mate", role: "agent")
            let other = try await site.add("other", role: "agent")
            func members(_ ids: String...) -> JSONValue { .array(ids.map { .string($0) }) }
            let own = try await site.send("POST", "/teams", ["name": "Own", "member_ids": members(lead, mate)])
            let foreign = try await site.send("POST", "/teams", ["name": "Other", "member_ids": members(other)])
            let (ownID, foreignID) = (own.json["id"]?.string ?? "", foreign.json["id"]?.string ?? "")
            let token = try await site.token("lead")
            func change(_ id: String, _ members: JSONValue) async throws -> TestClient.Answer {
                try await site.send("PATCH", "/teams/\(id)", ["member_ids": members], token: token)
            }
            #expect(try await change(ownID, members(lead, mate, other)).code == "role_forbidden")
            #expect(try await change(foreignID, members(lead, other)).code == "role_forbidden")
            let all: JSONValue = ["name": "All", "member_ids": members(lead, mate, other)]
            #expect(try await site.send("POST", "/teams", all, token: token).code == "role_forbidden")
            #expect(try await change(foreignID, members(mate, other)).status == 200)
            #expect(try await change(ownID, members(lead)).status == 200)
            #expect(try await change(ownID, members(lead, mate)).code == "role_forbidden")
            let renamed = try await site.send("PATCH", "/teams/\(ownID)", ["name": "Mine"], token: token)
            #expect(renamed.status == 200)
        }
    }

    @Test("Nobody takes others into a team of somebody who would see what they may not, by a key either")
    func teamsByKey() async throws {
        try await PeopleSite.with { site in
            let role = try await site.send(
                "POST", "/roles", ["name": "Lead", "permissions": ["conversations.read": "team"]])
            let lead = try await site.add("lead", role: try #require(role.json["id"]?.string))
            let mate = try await site.add("mate", role: "agent")
            let other = try await site.add("other", role: "agent")
            func members(_ ids: String...) -> JSONValue { .array(ids.map { .string($0) }) }
            let own = try await site.send("POST", "/teams", ["name": "Own", "member_ids": members(lead, mate)])
            let id = try #require(own.json["id"]?.string)
            let made = try await site.send("POST", "/api-keys", ["name": "k", "permissions": ["teams.write"]])
            let key = try #require(made.json["key"]?.string)
            func change(_ members: JSONValue, token: String? = nil) async throws -> TestClient.Answer {
                try await site.send("PATCH", "/teams/\(id)", ["member_ids": members], token: token)
            }
            #expect(try await change(members(lead, mate, other), token: key).code == "role_forbidden")
            let all: JSONValue = ["name": "All", "member_ids": members(lead, other)]
            #expect(try await site.send("POST", "/teams", all, token: key).code == "role_forbidden")
            let others: JSONValue = ["name": "Others", "member_ids": members(mate, other)]
            #expect(try await site.send("POST", "/teams", others, token: key).status == 201)
            #expect(try await change(members(lead), token: key).status == 200)
            #expect(try await change(members(lead, mate), token: key).code == "role_forbidden")
            // Who sees everything may show it.
            #expect(try await change(members(lead, mate, other)).status == 200)
            #expect(try await change(members(lead, other), token: key).status == 200)
        }
    }

    @Test("Whoever hands a conversation on is answered what became of it, and no longer sees it")
    func handingOn() async throws {
        try await PeopleSite.with { site in
            let role = try await site.send(
                "POST", "/roles",
                ["name": "Own", "permissions": ["conversations.read": "assigned", "conversations.write": "assigned"]])
            let grace = try await site.add("grace", role: try #require(role.json["id"]?.string))
            let linus = try await site.add("linus", role: "agent")
            let token = try await site.token("grace")
            let body: JSONValue = ["assignee_id": .string(linus), "tags": ["moved"]]
            for isBulk in [false, true] {
                let opened = try await site.send("POST", "/conversations", ["customer": ["email": "a@b.example"]])
                let id = try #require(opened.json["id"]?.string)
                let path = "/conversations/\(id)"
                #expect(try await site.send("PATCH", path, ["assignee_id": .string(grace)]).status == 200)
                let result: JSONValue?
                if isBulk {
                    let item = JSONValue.object([.init("id", .string(id))] + (body.members ?? []))
                    let answer = try await site.send(
                        "POST", "/conversations/bulk", ["items": [item]], token: token)
                    #expect(answer.json["results"]?.array?.first?["status"] == 200, "\(answer.text)")
                    result = answer.json["results"]?.array?.first?["result"]
                } else {
                    let answer = try await site.send("PATCH", path, body, token: token)
                    #expect(answer.status == 200, "\(answer.text)")
                    result = answer.json
                }
                #expect(result?["assignee_id"] == .string(linus) && result?["tags"] == ["moved"])
                #expect(try await site.send("GET", path, token: token).status == 404)
                #expect(try await site.send("PATCH", path, ["priority": "high"], token: token).status == 404)
            }
        }
    }

    @Test("Whoever may see assigned or team conversations sees no others, nor their customers and messages")
    func conversations() async throws {
        try await PeopleSite.with { site in
            var tokens: [String: String] = [:]
            var ids: [String: String] = [:]
            for scope in ["assigned", "team"] {
                let role = try await site.send(
                    "POST", "/roles",
                    [
                        "name": .string(scope),
                        "permissions": ["conversations.read": .string(scope), "conversations.write": .string(scope)],
                    ])
                ids[scope] = try await site.add(scope, role: try #require(role.json["id"]?.string))
                tokens[scope] = try await site.token(scope)
            }
            ids["mate"] = try await site.add("mate", role: "agent")
            let members: JSONValue = .array([ids["team"], ids["mate"]].map { .string($0 ?? "") })
            #expect(try await site.send("POST", "/teams", ["name": "T", "member_ids": members]).status == 201)

            var conversations: [String: String] = [:]
            for owner in ["assigned", "team", "mate", "nobody"] {
                let opened = try await site.send(
                    "POST", "/conversations",
                    ["customer": ["email": .string("\(owner)@example.com")], "subject": .string(owner)])
                let id = try #require(opened.json["id"]?.string)
                conversations[owner] = id
                guard let assignee = ids[owner] else { continue }
                let change: JSONValue = ["assignee_id": .string(assignee)]
                #expect(try await site.send("PATCH", "/conversations/\(id)", change).status == 200)
            }
            let seen = ["assigned": ["assigned"], "team": ["mate", "team"]]
            for (scope, subjects) in seen {
                let list = try await site.send("GET", "/conversations", token: tokens[scope])
                let names = (list.json["data"]?.array ?? []).compactMap { $0["subject"]?.string }.sorted()
                #expect(names == subjects, "\(scope)")
                let customers = try await site.send("GET", "/customers", token: tokens[scope])
                #expect(customers.json["data"]?.array?.count == subjects.count)
                for (owner, id) in conversations {
                    let status = subjects.contains(owner) ? 200 : 404
                    let token = tokens[scope]
                    #expect(try await site.send("GET", "/conversations/\(id)", token: token).status == status)
                    #expect(try await site.send("GET", "/conversations/\(id)/messages", token: token).status == status)
                    let tags: JSONValue = ["tags": [.string(scope)]]
                    #expect(try await site.send("PATCH", "/conversations/\(id)", tags, token: token).status == status)
                    let message: JSONValue = ["content": "hello"]
                    let sent = try await site.send("POST", "/conversations/\(id)/messages", message, token: token)
                    #expect(sent.status == (status == 200 ? 201 : 404))
                }
            }
            let untouched = try await site.send("GET", "/conversations/\(conversations["nobody"] ?? "")")
            #expect(untouched.json["tags"] == [] && untouched.json["message_count"] == 0)
        }
    }
}
