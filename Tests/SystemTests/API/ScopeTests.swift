import PluginKit
import TestKit
import Testing

/// How far a permission reaches: everything, one's teams, or what is one's own.
@Suite("Scopes")
struct ScopeTests {
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
