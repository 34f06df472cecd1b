import HTTP
import Identity
import Platform
@_spi(Kernel) import PluginKit
import Tenancy
import TestKit
import Testing

/// What a customer may do with a token, and what nobody may with another's.
@Suite("Customers")
struct CustomerTests {
    @Test("A customer sees their own conversations and messages, and never a note")
    func ownOnly() async throws {
        try await CustomerSite.with { site in
            let list = try await site.send("GET", "/conversations", as: site.noah)
            #expect(list.status == 200)
            #expect(list.json["data"]?.array?.map { $0["id"]?.string } == [site.noah.conversation])
            #expect(try await site.send("GET", "/conversations/\(site.noah.conversation)", as: site.noah).status == 200)
            let path = "/conversations/\(site.noah.conversation)/messages"
            let messages = try await site.send("GET", path, as: site.noah)
            #expect(
                messages.json["data"]?.array?.map { $0["content"]?.string } == [CustomerSite.words(of: "noah").text])
            #expect(!messages.text.contains("note-about") && !messages.text.contains("sender_id"))
        }
    }

    @Test("Another customer's conversation answers exactly like a missing one, to read and to write")
    func othersAreMissing() async throws {
        try await CustomerSite.with { site in
            let missing = ID<Void>.make().description
            for (method, suffix, body) in [
                ("GET", "", nil), ("GET", "/messages", nil), ("POST", "/messages", ["content": "mine?"] as JSONValue?),
            ] {
                let foreign = try await site.send(
                    method, "/conversations/\(site.emma.conversation)\(suffix)", body, as: site.noah)
                let absent = try await site.send(method, "/conversations/\(missing)\(suffix)", body, as: site.noah)
                #expect(foreign.status == 404 && foreign.withoutRequestID == absent.withoutRequestID)
            }
            let path = "/conversations/\(site.emma.conversation)/messages"
            let seen = try await site.people.send("GET", path)
            #expect(!seen.text.contains("mine?"))
        }
    }

    @Test("A customer writes and begins conversations in their own name, which the inbox shows")
    func writing() async throws {
        try await CustomerSite.with { site in
            let path = "/conversations/\(site.noah.conversation)/messages"
            let written = try await site.send("POST", path, ["content": "still waiting"], as: site.noah)
            #expect(written.status == 201 && written.json["direction"] == "inbound")
            let begun = try await site.send(
                "POST", "/conversations", ["subject": "Another matter", "content": "hello"], as: site.noah)
            #expect(begun.status == 201, "\(begun.text)")
            let id = try #require(begun.json["id"]?.string)
            let inbox = try await site.people.send("GET", "/conversations/\(id)")
            #expect(inbox.json["customer_id"]?.string == site.noah.id && inbox.json["message_count"] == 1)
            let messages = try await site.people.send("GET", path).json["data"]?.array ?? []
            let last = try #require(messages.last)
            #expect(last["sender_kind"] == "customer" && last["sender_id"]?.string == site.noah.id)
            let named = try await site.send(
                "POST", path, ["content": "x", "direction": "outbound", "type": "note"], as: site.noah)
            #expect(named.status == 422)
        }
    }

    @Test("A customer's token opens no route of members, and no member or key opens a customer's")
    func audiences() async throws {
        try await CustomerSite.with { site in
            let client = site.people.client
            let key = try await site.people.send(
                "POST", "/api-keys", ["name": "Shop", "permissions": ["conversations.read", "conversations.write"]])
            let keyText = try #require(key.json["key"]?.string)
            var refused = (members: 0, customers: 0)
            // A customer may not send so many requests at once, so there are several.
            var token = site.noah.token
            func next() async throws {
                refused.customers += 1
                guard refused.customers % 20 == 0 else { return }
                let other = try await site.people.send("POST", "/customers", ["name": "Another"])
                token = try await CustomerSite.token(try #require(other.json["id"]?.string), site.people)
            }
            for mounted in site.people.test.platform.table.routes {
                let path = mounted.examplePath(id: site.noah.conversation)
                if mounted.isForCustomers {
                    for token in [site.people.tenant.token, keyText] {
                        let answer = try await client.send(
                            mounted.route.method, path, token: token, body: mounted.exampleBody)
                        #expect(answer.status == 403 && answer.code == "customers_only", "\(path)")
                    }
                    refused.members += 1
                } else if mounted.isForSessions {
                    let answer = try await client.send(
                        mounted.route.method, path, token: token, body: mounted.exampleBody)
                    #expect(answer.status == 403 && answer.code == "members_only", "\(path): \(answer.text)")
                    try await next()
                } else if mounted.route.access == .operator {
                    let answer = try await client.send(
                        mounted.route.method, path, token: site.noah.token, body: mounted.exampleBody)
                    #expect(answer.status == 401, "\(path)")
                }
            }
            #expect(refused.members >= 5 && refused.customers > 50)
            // The switches and the login are as they were.
            #expect(try await site.people.send("GET", "/me").status == 200)
        }
    }

    @Test("Tokens are made by who has the permission, for customers of this tenant who are not blocked")
    func making() async throws {
        try await CustomerSite.with { site in
            let people = site.people
            try await people.add("grace", role: "agent")
            let agent = try await people.token("grace")
            let path = "/customers/\(site.noah.id)/tokens"
            #expect(try await people.send("POST", path, [:], token: agent).code == "forbidden")
            #expect(try await people.send("POST", path, [:], token: site.noah.token).code == "members_only")
            let key = try await people.send(
                "POST", "/api-keys", ["name": "Shop", "permissions": ["conversations.identify"]])
            let made = try await people.send("POST", path, ["expires_in": 60], token: key.json["key"]?.string)
            #expect(made.status == 201 && made.json["expires_in"] == 60, "\(made.text)")
            for seconds: JSONValue in [0, 601, "600"] {
                #expect(try await people.send("POST", path, ["expires_in": seconds]).status == 422)
            }
            let missing = try await people.send("POST", "/customers/\(ID<Void>.make())/tokens", [:])
            let globex = try await people.test.tenant("globex")
            let foreign = try await people.send("POST", path, [:], token: globex.token)
            #expect(foreign.status == 404 && foreign.withoutRequestID == missing.withoutRequestID)
            #expect(try await people.send("PATCH", "/customers/\(site.noah.id)", ["status": "blocked"]).status == 200)
            #expect(try await people.send("POST", path, [:]).code == "customer_blocked")
        }
    }

    @Test("Who was blocked comes in again with a new token, and never with an old one")
    func blockedAndBack() async throws {
        try await CustomerSite.with { site in
            let path = "/customers/\(site.noah.id)"
            #expect(try await site.people.send("PATCH", path, ["status": "blocked"]).status == 200)
            // They see nothing from the commit on, and are told within a second.
            let first = try await site.send("GET", "/conversations", as: site.noah)
            #expect(first.status == 401 || first.json["data"]?.array == [])
            let isOut = try await eventually {
                try await site.send("GET", "/conversations", as: site.noah).status == 401
            }
            #expect(isOut)
            #expect(try await site.send("GET", "/conversations", as: site.emma).status == 200)
            #expect(try await site.people.send("PATCH", path, ["status": "active"]).status == 200)
            #expect(try await site.send("GET", "/conversations", as: site.noah).status == 401)
            let fresh = try await CustomerSite.token(site.noah.id, site.people)
            #expect(
                try await site.people.client.send("GET", "/v1/customer/conversations", token: fresh).status == 200)
        }
    }

    @Test("A suspended tenant shuts its customers out")
    func suspended() async throws {
        try await CustomerSite.with { site in
            let test = site.people.test
            _ = try await test.platform.identity.tenants.setActive(false, site.people.tenant.id)
            try await test.platform.control.refresh()
            let answer = try await site.send("GET", "/conversations", as: site.noah)
            #expect(answer.status == 403 && answer.code == "tenant_suspended")
        }
    }

    @Test("An answer that is kept for one customer's Idempotency-Key is not another's")
    func idempotency() async throws {
        try await CustomerSite.with { site in
            let body: JSONValue = ["content": "once"]
            func begin(_ token: String) async throws -> TestClient.Answer {
                try await site.people.client.send(
                    "POST", "/v1/customer/conversations", token: token, body: body,
                    headers: [("Idempotency-Key", "same-key")])
            }
            let first = try await begin(site.noah.token)
            let again = try await begin(site.noah.token)
            let other = try await begin(site.emma.token)
            #expect(first.status == 201 && again.json["id"] == first.json["id"])
            #expect(other.status == 201 && other.json["id"] != first.json["id"])
        }
    }
}
