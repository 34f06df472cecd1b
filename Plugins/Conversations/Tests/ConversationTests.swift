import PluginKit
import Postgres
import TestKit
import Testing

/// The inbox over HTTP, against a real database.
@Suite("Conversations")
struct ConversationTests {
    @Test("A customer who writes twice is one customer, and messages are counted")
    func customersAreFoundByAddress() async throws {
        try await TestPlatform.with { test in
            let tenant = try await test.tenant("acme")
            let client = TestClient(test.url)
            let body: JSONValue = [
                "customer": ["email": "Noah@Example.com", "name": "Noah"], "subject": "Parcel",
                "message": ["content": "Where?"],
            ]
            let first = try await client.send("POST", "/v1/conversations", token: tenant.token, body: body)
            let second = try await client.send("POST", "/v1/conversations", token: tenant.token, body: body)
            #expect(first.status == 201 && second.status == 201)
            #expect(first.json["customer_id"] == second.json["customer_id"])
            let customers = try await client.send("GET", "/v1/customers", token: tenant.token)
            #expect(customers.json["data"]?.array?.count == 1)
            let id = try #require(first.json["id"]?.string)
            for _ in 0..<3 {
                let sent = try await client.send(
                    "POST", "/v1/conversations/\(id)/messages", token: tenant.token, body: ["content": "On its way."])
                #expect(sent.status == 201)
            }
            let read = try await client.send("GET", "/v1/conversations/\(id)", token: tenant.token)
            #expect(read.json["message_count"] == 4)
            let messages = try await client.send("GET", "/v1/conversations/\(id)/messages", token: tenant.token)
            #expect(
                messages.json["data"]?.array?.map { $0["direction"]?.string } == [
                    "inbound", "outbound", "outbound", "outbound",
                ])
        }
    }

    @Test("What a program writes is not said to be a member's")
    func senders() async throws {
        try await TestPlatform.with { test in
            let tenant = try await test.tenant("acme")
            let client = TestClient(test.url)
            let opened = try await client.send(
                "POST", "/v1/conversations", token: tenant.token, body: ["customer": ["email": "a@example.com"]])
            let path = "/v1/conversations/\(try #require(opened.json["id"]?.string))/messages"
            let key = try await client.send(
                "POST", "/v1/api-keys", token: tenant.token,
                body: ["name": "k", "permissions": ["conversations.write"]])
            for (token, kind) in [(tenant.token, "member"), (key.json["key"]?.string ?? "", "api_key")] {
                let sent = try await client.send("POST", path, token: token, body: ["content": "x"])
                #expect(sent.status == 201 && sent.json["sender_kind"]?.string == kind, "\(sent.text)")
            }
        }
    }

    @Test("Only what a change names is changed")
    func changesArePartial() async throws {
        try await TestPlatform.with { test in
            let tenant = try await test.tenant("acme")
            let client = TestClient(test.url)
            let created = try await client.send(
                "POST", "/v1/conversations", token: tenant.token,
                body: ["customer": ["email": "a@example.com"], "subject": "Parcel"])
            let path = "/v1/conversations/\(try #require(created.json["id"]?.string))"
            let tagged = try await client.send(
                "PATCH", path, token: tenant.token, body: ["tags": ["b", "a", "a"], "priority": "high"])
            #expect(tagged.json["tags"] == ["a", "b"])
            let resolved = try await client.send("PATCH", path, token: tenant.token, body: ["status": "resolved"])
            #expect(resolved.json["tags"] == ["a", "b"] && resolved.json["priority"] == "high")
            #expect(resolved.json["subject"] == "Parcel" && resolved.json["status"] == "resolved")
            let nobody = try await client.send(
                "PATCH", path, token: tenant.token, body: ["assignee_id": "01999999-9999-7999-8999-999999999999"])
            #expect(nobody.status == 422 && nobody.code == "reference_missing")
        }
    }

    @Test("Pages show every conversation once")
    func pagesAreComplete() async throws {
        try await TestPlatform.with { test in
            let tenant = try await test.tenant("acme")
            let client = TestClient(test.url)
            for number in 0..<7 {
                _ = try await client.send(
                    "POST", "/v1/conversations", token: tenant.token,
                    body: ["customer": ["email": "a@example.com"], "subject": .string("\(number)")])
            }
            try await test.database.asSuperuser { admin in
                // The same moment for all, so that the id alone decides.
                _ = try await admin.run(
                    "UPDATE conversations.conversations SET last_message_at = '2026-01-01T00:00:00Z'")
            }
            var seen: [String] = []
            var path: String? = "/v1/conversations?limit=3"
            while let next = path {
                let page = try await client.send("GET", next, token: tenant.token)
                seen += page.json["data"]?.array?.compactMap { $0["id"]?.string } ?? []
                path = page.json["next_cursor"]?.string.map { "/v1/conversations?limit=3&cursor=\($0)" }
            }
            #expect(seen.count == 7 && Set(seen).count == 7)
        }
    }
}
