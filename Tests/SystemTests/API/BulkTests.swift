@_spi(Kernel) import PluginKit
import Tenancy
import TestKit
import Testing

/// Many of the same in one request, each for itself.
@Suite("Bulk")
struct BulkTests {
    private func conversation(_ site: PeopleSite, _ email: String, token: String? = nil) async throws -> String {
        let opened = try await site.send(
            "POST", "/conversations", ["customer": ["email": .string(email)], "subject": "x"], token: token)
        return try #require(opened.json["id"]?.string, "\(opened.text)")
    }

    private func statuses(_ answer: TestClient.Answer) -> [Int64] {
        (answer.json["results"]?.array ?? []).compactMap { $0["status"]?.integer }
    }

    @Test("A55: Each item has its own answer in its place; one that is refused leaves the others alone")
    func mixed() async throws {
        try await PeopleSite.with { site in
            let (one, two) = (try await conversation(site, "a@b.example"), try await conversation(site, "c@d.example"))
            let globex = try await site.test.tenant("globex")
            let foreign = try await conversation(site, "a@b.example", token: globex.token)
            let items: JSONValue = [
                ["id": .string(one), "status": "resolved"], ["id": .string(foreign), "status": "closed"],
                ["id": .string(ID<Void>.make().description), "status": "closed"],
                ["id": .string(two), "assignee_id": .string(ID<Void>.make().description)],
                ["id": .string(two), "assignee_id": .string(globex.session.actor.id.description)],
                ["id": .string(two), "priority": "urgent", "tags": ["vip"]],
            ]
            let answer = try await site.send("POST", "/conversations/bulk", ["items": items])
            #expect(answer.status == 200)
            #expect(statuses(answer) == [200, 404, 404, 422, 422, 200], "\(answer.text)")
            let results = answer.json["results"]?.array ?? []
            try #require(results.count == 6)
            // Another tenant's id answers exactly like a missing one, in the path of an item and within it.
            #expect(results[1] == results[2] && results[3] == results[4])
            #expect(results[0]["result"]?["status"] == "resolved" && results[5]["result"]?["tags"] == ["vip"])
            let untouched = try await site.send("GET", "/conversations/\(foreign)", token: globex.token)
            #expect(untouched.json["status"] == "open")
        }
    }

    @Test("What one may not do to one conversation, one may not do to many")
    func permissions() async throws {
        try await PeopleSite.with { site in
            let own = try await conversation(site, "a@b.example")
            let other = try await conversation(site, "c@d.example")
            let role = try await site.send(
                "POST", "/roles",
                ["name": "Own", "permissions": ["conversations.read": "assigned", "conversations.write": "assigned"]])
            let grace = try await site.add("grace", role: try #require(role.json["id"]?.string))
            #expect(
                try await site.send("PATCH", "/conversations/\(own)", ["assignee_id": .string(grace)]).status == 200)
            let items: JSONValue = [
                ["id": .string(own), "priority": "high"], ["id": .string(other), "priority": "high"],
            ]
            let token = try await site.token("grace")
            let answer = try await site.send("POST", "/conversations/bulk", ["items": items], token: token)
            #expect(statuses(answer) == [200, 404], "\(answer.text)")
            try await site.add("linus", role: "viewer")
            let viewer = try await site.token("linus")
            let refused = try await site.send("POST", "/conversations/bulk", ["items": items], token: viewer)
            #expect(refused.code == "forbidden")
        }
    }

    @Test("Invitations ask for each whether the caller may hand on the role, and happen once under one key")
    func invitations() async throws {
        try await PeopleSite.with { site in
            try await site.add("grace", role: "admin")
            let admin = try await site.token("grace")
            let items: JSONValue = [
                ["email": "one@example.com", "role": "agent"], ["email": "two@example.com", "role": "owner"],
                ["email": "three@example.com", "role": "nothing"], ["email": "grace@acme.example", "role": "agent"],
                ["email": "four@example.com", "role": "viewer"],
            ]
            func invite() async throws -> TestClient.Answer {
                try await site.client.send(
                    "POST", "/v1/invitations/bulk", token: admin, body: ["items": items],
                    headers: [("Idempotency-Key", "same-key")])
            }
            let answer = try await invite()
            #expect(statuses(answer) == [201, 403, 422, 409, 201], "\(answer.text)")
            // Its tokens are shown once.
            #expect(try await invite().status == 409)
            #expect(try await site.send("GET", "/invitations").json["data"]?.array?.count == 2)
        }
    }

    @Test("A hundred are the most, none is too few, and a wrong form changes nothing at all")
    func bounds() async throws {
        try await PeopleSite.with { site in
            let id = try await conversation(site, "a@b.example")
            let item: JSONValue = ["id": .string(id), "priority": "high"]
            func send(_ items: [JSONValue]) async throws -> Int {
                try await site.send("POST", "/conversations/bulk", ["items": .array(items)]).status
            }
            #expect(try await send([]) == 422)
            #expect(try await send(Array(repeating: item, count: 101)) == 422)
            #expect(try await send([item, ["id": .string(id), "priority": "extreme"]]) == 422)
            #expect(
                try await send([item, ["id": .string(id), "tenant_id": .string(site.tenant.id.description)]]) == 422)
            #expect(try await site.send("GET", "/conversations/\(id)").json["priority"] == "normal")
            #expect(try await send(Array(repeating: item, count: 100)) == 200)
        }
    }
}
