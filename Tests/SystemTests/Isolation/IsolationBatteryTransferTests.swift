import Cryptography
import Files
import Foundation
import Platform
@_spi(Kernel) import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// What leaves a tenant as a whole and what comes in from outside: exports, links, files and hooks.
@Suite("IsolationBattery: transfers")
struct IsolationBatteryTransferTests {
    @Test("A60: an export is of the token's tenant, whatever else the request names")
    func exports() async throws {
        try await DoorsSite.with { site in
            try await site.write((0..<30).map { "of one \($0)" }, status: "draft", of: site.one)
            try await site.write((0..<30).map { "of the other \($0)" }, status: "draft", of: site.other)
            for format in ["ndjson", "csv"] {
                let path = "/v1/doors/export?format=\(format)"
                let answer = try await site.client.send(
                    "GET", path, token: site.other.token,
                    headers: [
                        ("X-Tenant", site.one.slug), ("X-Tenant-Id", site.one.id.description),
                        ("X-Forwarded-Host", "one.example"), ("Cookie", "tenant=one"),
                    ])
                #expect(answer.status == 200 && !answer.text.contains("of one"))
                #expect(answer.text.matches(of: /of the other \d+/).count == 30)
                for name in ["tenant", "tenant_id", "cursor"] {
                    let named = try await site.client.send(
                        "GET", "\(path)&\(name)=\(site.one.id)", token: site.other.token)
                    #expect(named.status == 422 && !named.text.contains("of one"), "\(name)")
                }
            }
            let key = try await site.client.send(
                "POST", "/v1/api-keys", token: site.other.token,
                body: ["name": "Export", "permissions": ["knowledge.read"]])
            let byKey = try await site.client.send(
                "GET", "/v1/doors/export", token: key.json["key"]?.string, headers: [("X-Tenant", site.one.slug)])
            #expect(byKey.status == 200 && !byKey.text.contains("of one") && byKey.text.contains("of the other"))
        }
    }

    @Test("A60: a link is not guessed from others of its tenant, and its end ends every copy of it")
    func links() async throws {
        try await FileSite.with { site in
            let id = try await site.store("the canary's content")
            let link = try await site.link(id)
            let token = try #require(link.split(separator: "/").last.map(String.init))
            let bytes = try #require(Base64URL.decode(token))
            // Whoever has links of a tenant of their own learns nothing for another's, nor for another file of it.
            let own = try await site.link(try await site.store("own", as: site.other), as: site.other)
            let code = try #require(own.split(separator: "/").last.flatMap { Base64URL.decode(String($0)) })
            let guesses = [
                Base64URL.encode(Array(bytes[..<32]) + code[32...]),
                Base64URL.encode(Array(bytes[..<40]) + code[40...]),
                Base64URL.encode(Array(bytes[..<32]) + RandomBytes.generate(bytes.count - 32)),
                Base64URL.encode(Array(bytes[..<32])), Base64URL.encode(bytes + [0]), token + "=",
                token.lowercased(),
            ]
            let missing = try await site.client.send("GET", "/files/\(String(repeating: "A", count: token.count))")
            for guess in guesses {
                let answer = try await site.client.send("GET", "/files/\(guess)")
                #expect(answer.status == 404 && answer.withoutRequestID == missing.withoutRequestID, "\(guess)")
            }
            #expect(try await site.client.send("GET", link).text == "the canary's content")
            #expect(try await site.send("DELETE", "/\(id)").status == 204)
            for query in ["", "?", "?x=1"] {
                let replayed = try await site.client.send("GET", link + query)
                #expect([404, 422].contains(replayed.status) && !replayed.text.contains("canary"))
            }
        }
    }

    @Test(
        "A61: a name or an id that climbs reaches nothing: each content lies below its own tenant's directory",
        arguments: [
            "../../../../etc/passwd", "..\\..\\secret", "/etc/passwd", "a/../../b", "\u{0}x", "\u{202E}gpj.exe",
            "\u{200B}.htaccess", "..%2f..%2fx",
        ])
    func climbing(name: String) async throws {
        try await FileSite.with { site in
            let theirs = try await site.store("theirs", as: site.other)
            let before = Set(site.contents)
            let answer = try await site.upload(Array("mine".utf8), name: name)
            #expect([201, 400, 422].contains(answer.status), "\(answer.text)")
            let added = Set(site.contents).subtracting(before)
            #expect(added.count == (answer.status == 201 ? 1 : 0))
            #expect(added.allSatisfy { $0.hasPrefix(site.tenant.id.description.lowercased()) }, "\(added)")
            let shown = answer.json["name"]?.string ?? ""
            #expect(!shown.contains("/") && !shown.contains("\\") && !shown.contains("\u{202E}"))
            for climb in [
                "..%2F\(theirs)", "%2E%2E/\(theirs)", "\(theirs)/../\(theirs)", "\(theirs)%00", "../\(theirs)",
            ] {
                let reached = try await site.send("GET", "/\(climb)/content")
                #expect([400, 404].contains(reached.status) && !reached.text.contains("theirs"), "\(climb)")
            }
        }
    }

    @Test("A64: what one tenant has signed is worth nothing at another's address, by either one's secret")
    func hooks() async throws {
        try await DoorsSite.with { site in
            let addresses = [
                try await site.address("knowledge.echo", of: site.one).path,
                try await site.address("knowledge.echo", of: site.other).path,
            ]
            let secrets = ["very secret 1", "very secret 2"]
            for (tenant, secret) in zip([site.one, site.other], secrets) {
                let set = try await site.client.send(
                    "PATCH", "/v1/modules/knowledge", token: tenant.token,
                    body: ["settings": ["token": .string(secret)]])
                #expect(set.status == 200)
            }
            for (place, address) in addresses.enumerated() {
                for (signer, secret) in secrets.enumerated() {
                    let answer = try await site.call(
                        address, "hello", headers: [("X-Signature", HMAC.hex("hello", secret))])
                    #expect(answer.text.hasPrefix("\(place == signer)"), "\(place) \(signer) \(answer.text)")
                }
            }
            // And what an address writes, it writes for its own tenant, whatever the body and the headers say.
            let write = try await site.address("knowledge.write", of: site.one).path
            let named = "tenant_id=\(site.other.id)"
            #expect(try await site.call(write, named, headers: [("X-Tenant", "other")]).status == 202)
            let owners = try await site.test.database.asSuperuser { admin in
                try await admin.run("SELECT tenant_id FROM knowledge.knowledge_items WHERE title = \(named)").rows
                    .map { try $0.get("tenant_id", as: TenantID.self) }
            }
            #expect(owners == [site.one.id])
        }
    }

    @Test("A50: a key of one tenant opens nothing under another's host, and nothing but its own elsewhere")
    func keysAndHosts() async throws {
        try await TestPlatform.with { test in
            let (one, other) = (try await test.tenant("one"), try await test.tenant("other"))
            let client = TestClient(test.url)
            let given = try await client.send(
                "POST", "/v1/operator/tenants/\(other.id)/hosts", token: test.operatorToken,
                body: ["host": "help.other.example"])
            #expect(given.status == 201)
            _ = try await client.send(
                "POST", "/v1/customers", token: other.token, body: ["name": "canary7f3a91", "email": "a@b.example"])
            let made = try await client.send(
                "POST", "/v1/api-keys", token: one.token, body: ["name": "K", "permissions": ["conversations.read"]])
            let key = try #require(made.json["key"]?.string)
            let own = try await client.send("GET", "/v1/customers", token: key)
            #expect(own.status == 200 && own.json["data"]?.array == [])
            for name in ["X-Forwarded-Host", "X-Tenant", "X-Host", "Forwarded"] {
                let value = name == "Forwarded" ? "host=help.other.example" : "help.other.example"
                let answer = try await client.send("GET", "/v1/customers", token: key, headers: [(name, value)])
                #expect(answer.status == 200 && !answer.text.contains("canary7f3a91"), "\(name)")
            }
            let connection = try RawConnection(test.url)
            let lines = [
                "GET /v1/customers HTTP/1.1", "Host: help.other.example", "Authorization: Bearer \(key)",
                "Connection: close", "", "",
            ]
            try await connection.send(Array(lines.joined(separator: "\r\n").utf8))
            let (text, _) = try await connection.readToEnd()
            #expect(text.hasPrefix("HTTP/1.1 404") && !text.contains("canary7f3a91"), "\(text.prefix(200))")
        }
    }
}
