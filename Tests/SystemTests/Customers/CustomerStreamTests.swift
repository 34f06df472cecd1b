import Events
import Platform
@_spi(Kernel) import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// The stream of events as a customer has it.
@Suite("Customers: stream", .timeLimit(.minutes(15)))
struct CustomerStreamTests {
    private func listen(_ site: CustomerSite, _ customer: CustomerSite.Customer, after id: String? = nil) async throws
        -> EventListener
    {
        try await EventListener(site.people.test.url, token: customer.token, after: id)
    }

    /// Answers a customer, and then another one: whoever has seen the second has seen all there was before.
    private func say(_ text: String, to customer: CustomerSite.Customer, _ site: CustomerSite, type: String = "text")
        async throws
    {
        let answer = try await site.people.send(
            "POST", "/conversations/\(customer.conversation)/messages",
            ["content": .string(text), "type": .string(type)])
        #expect(answer.status == 201, "\(answer.text)")
    }

    @Test("A customer hears what is written to them: no note, no change of the inbox, nothing of another customer")
    func ownOnly() async throws {
        try await CustomerSite.with { site in
            var noah = try await listen(site, site.noah)
            var emma = try await listen(site, site.emma)
            try await say("internal", to: site.noah, site, type: "note")
            #expect(
                try await site.people.send(
                    "PATCH", "/conversations/\(site.noah.conversation)", ["priority": "urgent"]
                ).status == 200)
            let typing: JSONValue = ["conversation_id": .string(site.noah.conversation)]
            #expect(try await site.people.send("POST", "/typing", typing).status == 204)
            #expect(try await site.people.send("PATCH", "/customers/\(site.noah.id)", ["company": "X"]).status == 200)
            try await say("for emma", to: site.emma, site)
            try await say("for noah", to: site.noah, site)
            let heard = try #require(try await noah.nextEvent())
            #expect(heard.event == "message.created" && heard.json["data"]?["content"] == "for noah")
            let other = try #require(try await emma.nextEvent())
            #expect(other.event == "message.created" && other.json["data"]?["content"] == "for emma")
        }
    }

    @Test("A customer is told neither who of the tenant's people wrote, nor how much else happens there")
    func anonymous() async throws {
        try await CustomerSite.with { site in
            var noah = try await listen(site, site.noah)
            try await say("for noah", to: site.noah, site)
            let text = "mine"
            let path = "/conversations/\(site.noah.conversation)/messages"
            #expect(try await site.send("POST", path, ["content": .string(text)], as: site.noah).status == 201)
            let heard = try #require(try await noah.nextEvent())
            #expect(heard.json["data"]?["content"] == "for noah" && heard.json["type"] == "message.created")
            #expect(heard.json["actor"] == ["kind": "member"] && heard.json["seq"] == nil, "\(heard.data)")
            #expect(!heard.data.contains(site.people.tenant.session.actor.id.description))
            let own = try #require(try await noah.nextEvent())
            #expect(own.json["data"]?["content"]?.string == text && own.json["seq"] == nil)
            #expect(own.json["actor"] == ["kind": "customer", "id": .string(site.noah.id)], "\(own.data)")
        }
    }

    @Test("What was missed comes again by Last-Event-ID, and nobody else's with it")
    func resuming() async throws {
        try await CustomerSite.with { site in
            var noah = try await listen(site, site.noah)
            try await say("one", to: site.noah, site)
            #expect(try await noah.nextEvent()?.json["data"]?["content"] == "one")
            let position = noah.lastID
            try await say("two", to: site.emma, site)
            try await say("three", to: site.noah, site, type: "note")
            try await say("four", to: site.noah, site)
            var again = try await listen(site, site.noah, after: position)
            #expect(try await again.nextEvent()?.json["data"]?["content"] == "four")
            // The position of one customer is another's at most in time: what they see is their own.
            var emma = try await listen(site, site.emma, after: position)
            #expect(try await emma.nextEvent()?.json["data"]?["content"] == "two")
        }
    }

    @Test("The tokens of a customer who is blocked end their stream")
    func blocked() async throws {
        try await CustomerSite.with { site in
            var noah = try await listen(site, site.noah)
            #expect(
                try await site.people.send("PATCH", "/customers/\(site.noah.id)", ["status": "blocked"]).status == 200)
            let message = try await noah.nextEvent()
            #expect(message?.event == "reauth" && message?.json["reason"] == "changed")
            #expect(try await noah.next() == nil)
        }
    }

    @Test("A customer is blocked and their tokens are ended in one transaction, so that no crash comes between")
    func blockedInOneTransaction() async throws {
        try await CustomerSite.with { site in
            let path = "/customers/\(site.noah.id)"
            #expect(try await site.people.send("PATCH", path, ["status": "blocked"]).status == 200)
            try await site.people.test.database.asSuperuser { admin in
                let row = try await admin.run(
                    """
                    SELECT p.xmin = c.xmin AND p.xmin = e.xmin AS one
                    FROM conversations.customer_profiles p
                    JOIN core.changes c ON c.kind = 'customer' AND c.subject = p.id || ':1'
                    JOIN core.customer_epochs e ON e.tenant_id = p.tenant_id AND e.customer_id = p.id
                    WHERE p.id = \(site.noah.id)::uuid
                    """
                ).first
                #expect(try row?.get("one", as: Bool.self) == true)
            }
        }
    }

    @Test("Whatever process ends a customer's tokens, and dies with the commit, every server's streams end")
    func endedElsewhere() async throws {
        try await CustomerSite.with { site in
            let test = site.people.test
            var noah = try await listen(site, site.noah)
            var emma = try await listen(site, site.emma)
            // What a module's transaction does, and nobody goes on after it.
            let databases = try Databases(
                server: test.database.settings, master: TestPlatform.master, leaseBudget: 2,
                statementTimeout: TestPlatform.statementTimeout,
                logger: test.database.server.logger)
            defer { databases.close() }
            let name = try #require(ModuleName("conversations"))
            let id = try #require(ActorID(site.noah.id))
            let tx = databases.database(of: name).open(site.people.tenant.session, mode: .write)
            _ = try? await tx.leased { tx in
                _ = try await tx.rows("SELECT core.end_customer(\(id))")
                throw Problem.notFound
            }
            #expect(try await site.send("GET", "/conversations", as: site.noah).status == 200)
            _ = try await tx.leased { try await $0.rows("SELECT core.end_customer(\(id))") }
            let message = try await noah.nextEvent()
            #expect(message?.event == "reauth" && message?.json["reason"] == "changed")
            #expect(try await noah.next() == nil)
            #expect(try await site.send("GET", "/conversations", as: site.noah).status == 401)
            try await say("still there", to: site.emma, site)
            #expect(try await emma.nextEvent()?.json["data"]?["content"] == "still there")
        }
    }

    @Test("Customers have so many streams each, and leave half of the tenant's to its people")
    func seats() async throws {
        try await TestPlatform.with(adjust: {
            $0.streamLimits.perTenant = 6
            $0.streamLimits.perCustomer = 2
        }) { test in
            let tenant = try await test.tenant("acme")
            let people = PeopleSite(test: test, tenant: tenant, client: TestClient(test.url))
            var tokens: [String] = []
            for name in ["noah", "emma"] {
                let made = try await people.send("POST", "/customers", ["name": .string(name)])
                tokens.append(try await CustomerSite.token(try #require(made.json["id"]?.string), people))
            }
            var open: [EventListener] = []
            for token in [tokens[0], tokens[0], tokens[1]] {
                open.append(try await EventListener(test.url, token: token))
            }
            for token in tokens {
                let refused = try await people.client.send("GET", "/v1/events/stream", token: token)
                #expect(refused.status == 429 && refused.code == "too_many_streams")
            }
            for _ in 0..<3 { open.append(try await EventListener(test.url, token: tenant.token)) }
            #expect(open.map(\.status) == Array(repeating: 200, count: 6))
        }
    }
}
