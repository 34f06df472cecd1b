@_spi(Kernel) import PluginKit
import TestKit
import Testing

/// A serving platform whose tenant has two customers, each with a conversation, and a token for each.
struct CustomerSite: Sendable {
    /// A customer with a conversation of two messages: what they wrote, and a note about it.
    struct Customer: Sendable {
        let id: String
        let token: String
        let conversation: String
    }

    let people: PeopleSite
    let noah: Customer
    let emma: Customer

    static func with(_ body: @Sendable (CustomerSite) async throws -> Void) async throws {
        try await PeopleSite.with { people in
            try await body(
                CustomerSite(
                    people: people, noah: try await customer("noah", people), emma: try await customer("emma", people)))
        }
    }

    /// What the customer wrote, and what was noted about it: words that stand nowhere else.
    static func words(of name: String) -> (text: String, note: String) { ("text-of-\(name)", "note-about-\(name)") }

    private static func customer(_ name: String, _ people: PeopleSite) async throws -> Customer {
        let words = words(of: name)
        let opened = try await people.send(
            "POST", "/conversations",
            [
                "customer": ["email": .string("\(name)@example.com"), "name": .string(name)],
                "subject": .string("subject of \(name)"), "message": ["content": .string(words.text)],
            ])
        let conversation = try #require(opened.json["id"]?.string, "\(opened.text)")
        let note = try await people.send(
            "POST", "/conversations/\(conversation)/messages", ["content": .string(words.note), "type": "note"])
        #expect(note.status == 201, "\(note.text)")
        let id = try #require(opened.json["customer_id"]?.string)
        return Customer(id: id, token: try await token(id, people), conversation: conversation)
    }

    /// A token for a customer, made by the tenant's owner.
    static func token(_ customer: String, _ people: PeopleSite) async throws -> String {
        let made = try await people.send("POST", "/customers/\(customer)/tokens", [:])
        #expect(made.status == 201, "\(made.text)")
        return try #require(made.json["access_token"]?.string)
    }

    /// Sends a request of a customer.
    func send(
        _ method: String, _ path: String, _ body: JSONValue? = nil, as customer: Customer
    ) async throws -> TestClient.Answer {
        try await people.client.send(method, "/v1/customer" + path, token: customer.token, body: body)
    }
}
