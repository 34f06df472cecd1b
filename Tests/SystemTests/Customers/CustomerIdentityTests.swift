import Cryptography
import Identity
import Platform
@_spi(Kernel) import PluginKit
import Tenancy
import TestKit
import Testing

/// A customer comes in by the word of the tenant's own system.
@Suite("Customers: identity")
struct CustomerIdentityTests {
    private static func secret(_ site: PeopleSite, token: String? = nil) async throws -> (id: String, secret: String) {
        let made = try await site.send("POST", "/customer-keys", [:], token: token)
        #expect(made.status == 201, "\(made.text)")
        return (try #require(made.json["id"]?.string), try #require(made.json["secret"]?.string))
    }

    /// What the page of a tenant presents.
    private static func proof(
        _ secret: String, _ externalID: String, in seconds: Int64 = 60, tenant: String = "acme"
    ) -> JSONValue {
        let end = Timestamp.now().seconds + seconds
        let code = HMACSHA256.authenticate(Array("\(externalID)\n\(end)".utf8), key: Array(secret.utf8))
        return [
            "tenant": .string(tenant), "external_id": .string(externalID), "expires_at": .integer(end),
            "signature": .string(Hex.encode(code)),
        ]
    }

    private static func enter(_ site: PeopleSite, _ proof: JSONValue) async throws -> TestClient.Answer {
        try await site.client.send("POST", "/v1/auth/customers", body: proof)
    }

    @Test("A signed id opens the customer's own conversations; the same id is the same customer")
    func signedID() async throws {
        try await PeopleSite.with { site in
            let key = try await Self.secret(site)
            let first = try await Self.enter(site, Self.proof(key.secret, "crm-1"))
            #expect(first.status == 200, "\(first.text)")
            let token = try #require(first.json["access_token"]?.string)
            let begun = try await site.client.send(
                "POST", "/v1/customer/conversations", token: token, body: ["content": "hello"])
            #expect(begun.status == 201)
            let again = try await Self.enter(site, Self.proof(key.secret, "crm-1"))
            #expect(again.json["customer_id"] == first.json["customer_id"])
            let other = try await Self.enter(site, Self.proof(key.secret, "crm-2"))
            #expect(other.status == 200 && other.json["customer_id"] != first.json["customer_id"])
            let theirs = try await site.client.send(
                "GET", "/v1/customer/conversations", token: other.json["access_token"]?.string)
            #expect(theirs.json["data"]?.array?.isEmpty == true)
            let known = try await site.send("GET", "/customers/\(first.json["customer_id"]?.string ?? "")")
            #expect(known.json["external_id"] == "crm-1")
        }
    }

    @Test("Whatever does not hold answers the same: tenant, id, time, signature, another tenant's key")
    func refused() async throws {
        try await PeopleSite.with { site in
            let key = try await Self.secret(site)
            let globex = try await site.test.tenant("globex")
            let foreign = try await Self.secret(site, token: globex.token)
            let valid = Self.proof(key.secret, "crm-1")
            func altered(_ name: String, _ value: JSONValue) -> JSONValue {
                .object((valid.members ?? []).map { $0.name == name ? .init(name, value) : $0 })
            }
            let proofs = [
                altered("tenant", "globex"), altered("tenant", "nobody"), altered("external_id", "crm-2"),
                altered("expires_at", .integer(Timestamp.now().seconds + 3600)),
                altered("signature", .string(String(repeating: "0", count: 64))),
                altered("signature", .string(String(repeating: "z", count: 64))),
                Self.proof(key.secret, "crm-1", in: -1), Self.proof(key.secret, "crm-1", in: 90_000),
                Self.proof(foreign.secret, "crm-1"), Self.proof(key.secret, "crm-1", tenant: "globex"),
            ]
            for proof in proofs {
                let answer = try await Self.enter(site, proof)
                #expect(answer.status == 401 && answer.code == "identity_refused", "\(proof)")
            }
            #expect(try await Self.enter(site, Self.proof(foreign.secret, "crm-1", tenant: "globex")).status == 200)
            #expect(try await Self.enter(site, valid).status == 200)
        }
    }

    @Test("One external id, and one address, at two tenants are two customers; each finds their own alone")
    func sameIDElsewhere() async throws {
        try await PeopleSite.with { site in
            let globex = try await site.test.tenant("globex")
            var customers: [String] = []
            for (slug, token) in [("acme", site.tenant.token), ("globex", globex.token)] {
                let key = try await Self.secret(site, token: token)
                let session = try await Self.enter(site, Self.proof(key.secret, "crm-1", tenant: slug))
                customers.append(try #require(session.json["customer_id"]?.string))
                let added: JSONValue = ["name": .string(slug), "email": "noah@example.com"]
                #expect(try await site.send("POST", "/customers", added, token: token).status == 201)
                let taken: JSONValue = ["name": "again", "external_id": "crm-1"]
                #expect(try await site.send("POST", "/customers", taken, token: token).code == "already_exists")
                let found = try await site.send("GET", "/customers?email=noah@example.com", token: token)
                #expect(found.json["data"]?.array?.compactMap { $0["name"]?.string } == [slug])
            }
            #expect(customers[0] != customers[1])
        }
    }

    @Test("A new key leaves the old one in force for a while; an ended key opens nothing")
    func rotation() async throws {
        try await PeopleSite.with { site in
            let old = try await Self.secret(site)
            let new = try await Self.secret(site)
            for secret in [old.secret, new.secret] {
                #expect(try await Self.enter(site, Self.proof(secret, "crm-1")).status == 200)
            }
            let list = try await site.send("GET", "/customer-keys")
            #expect(list.json["data"]?.array?.count == 2 && !list.text.contains("rmc_"))
            #expect(list.json["data"]?.array?.first?["ends_at"] == .null)
            #expect(list.json["data"]?.array?.last?["ends_at"] != .null)
            #expect(try await site.send("DELETE", "/customer-keys/\(old.id)").status == 204)
            #expect(try await Self.enter(site, Self.proof(old.secret, "crm-1")).status == 401)
            #expect(try await Self.enter(site, Self.proof(new.secret, "crm-1")).status == 200)
            for _ in 0..<4 { _ = try await Self.secret(site) }
            #expect(try await site.send("POST", "/customer-keys", [:]).code == "limit_reached")
        }
    }

    @Test("A blocked customer and a suspended tenant stay out, whatever is signed; agents make no keys")
    func shutOut() async throws {
        try await PeopleSite.with { site in
            let key = try await Self.secret(site)
            let session = try await Self.enter(site, Self.proof(key.secret, "crm-1"))
            let id = try #require(session.json["customer_id"]?.string)
            #expect(try await site.send("PATCH", "/customers/\(id)", ["status": "blocked"]).status == 200)
            let blocked = try await Self.enter(site, Self.proof(key.secret, "crm-1"))
            #expect(blocked.status == 403 && blocked.code == "customer_blocked")
            try await site.add("grace", role: "agent")
            let agent = try await site.token("grace")
            #expect(try await site.send("POST", "/customer-keys", [:], token: agent).code == "forbidden")
            _ = try await site.test.platform.identity.tenants.setActive(false, site.tenant.id)
            try await site.test.platform.control.refresh()
            #expect(try await Self.enter(site, Self.proof(key.secret, "crm-2")).code == "identity_refused")
        }
    }
}
