import Cryptography
import Files
import Identity
import NIOHTTP1
import Platform
@_spi(Kernel) import PluginKit
import Tenancy
import TestKit
import Testing

/// Links: without a session, for a while.
@Suite("Links to files")
struct FileLinkTests {
    @Test("A link sends the file to anybody, whole or in part, and nothing that a browser would run")
    func sending() async throws {
        try await FileSite.with { site in
            let id = try await site.store("<html>hello", name: "page.html")
            let answer = try await site.send("POST", "/\(id)/links", ["expires_in": 60])
            #expect(answer.status == 201)
            let url = try #require(answer.json["url"]?.string)
            let expiry = try #require(answer.json["expires_at"]?.string.flatMap { Timestamp(rfc3339: $0) })
            #expect((55...61).contains(expiry.seconds - Timestamp.now().seconds))
            let sent = try await site.client.send("GET", url)
            #expect(sent.status == 200 && sent.text == "<html>hello")
            #expect(sent.headers["Content-Security-Policy"] == ["default-src 'none'; sandbox"])
            #expect(sent.headers["Content-Type"] == ["text/plain; charset=utf-8"])
            #expect(sent.headers.first(name: "Content-Disposition")?.hasPrefix("attachment;") == true)
            let part = try await site.client.send("GET", url, headers: [("Range", "bytes=0-5")])
            #expect(part.status == 206 && part.text == "<html>")
            #expect(try await site.client.send("HEAD", url).headers["Content-Length"] == ["11"])
            #expect(try await site.client.send("POST", url).status == 405)
        }
    }

    @Test("A link ends with its time, with the file, and while the tenant is suspended; each answer is the same")
    func ending() async throws {
        try await FileSite.with { site in
            let (kept, removed) = (try await site.store("kept"), try await site.store("removed"))
            let (link, gone) = (try await site.link(kept), try await site.link(removed))
            let short = try await site.link(kept, seconds: 1)
            #expect(try await site.send("DELETE", "/\(removed)").status == 204)
            let missing = try await site.client.send("GET", "/files/\(String(repeating: "A", count: 96))")
            #expect(missing.status == 404 && missing.code == "not_found")
            let answer = try await site.client.send("GET", gone)
            #expect(answer.status == 404 && answer.withoutRequestID == missing.withoutRequestID)
            let holds1 = try await eventually { try await site.client.send("GET", short).status == 404 }
            #expect(holds1)

            let tenants = site.test.platform.identity.tenants
            _ = try await tenants.setActive(false, site.tenant.id)
            try await site.test.platform.control.refresh()
            let suspended = try await site.client.send("GET", link)
            #expect(suspended.status == 404 && suspended.withoutRequestID == missing.withoutRequestID)
            _ = try await tenants.setActive(true, site.tenant.id)
            try await site.test.platform.control.refresh()
            #expect(try await site.client.send("GET", link).text == "kept")
        }
    }

    @Test("A link lives for a second to seven days", arguments: [0, -1, 604_801, Int64.max])
    func lifetimes(seconds: Int64) async throws {
        try await FileSite.with { site in
            let id = try await site.store("x")
            #expect(try await site.send("POST", "/\(id)/links", ["expires_in": .integer(seconds)]).status == 422)
            #expect(try await site.send("POST", "/\(id)/links", ["expires_in": 604_800]).status == 201)
        }
    }

    @Test("A link counts against its tenant's limit of requests")
    func rateLimit() async throws {
        try await FileSite.with { site in
            let link = try await site.link(try await site.store("x"))
            try await site.limit(["requests_per_minute": 20])
            var statuses: Set<Int> = []
            for _ in 0..<10 { statuses.insert(try await site.client.send("GET", link).status) }
            #expect(statuses == [200, 429])
        }
    }

    @Test("A link has the address that browsers reach the server by, where it is known")
    func publicAddress() async throws {
        try await FileSite.with(adjust: { $0.files.publicURL = "https://desk.example" }) { site in
            let link = try await site.link(try await site.store("x"))
            #expect(link.hasPrefix("https://desk.example/files/"))
        }
    }

    @Test("A viewer reads and does not write, store or share")
    func viewers() async throws {
        try await FileSite.with { site in
            let id = try await site.store("x")
            let password = "password-of-a-viewer"
            _ = try await site.test.platform.identity.members.add(
                .init(email: "viewer@acme.example", name: "V", password: password, role: .viewer), to: site.tenant.id)
            let login = try await site.test.platform.identity.logins.login(
                email: "viewer@acme.example", password: password, tenant: "acme")
            let token = login.value["access_token"]?.string
            for path in ["", "/\(id)", "/\(id)/content"] {
                #expect(try await site.client.send("GET", "/v1/files\(path)", token: token).status == 200)
            }
            let post = try await site.client.send("POST", "/v1/files?name=x", token: token, raw: [1])
            let share = try await site.client.send(
                "POST", "/v1/files/\(id)/links", token: token, body: ["expires_in": 60])
            let remove = try await site.client.send("DELETE", "/v1/files/\(id)", token: token)
            for answer in [post, share, remove] { #expect(answer.status == 403 && answer.code == "forbidden") }
        }
    }

    @Test("Whoever may store files and not read them makes no link to one")
    func writersOnly() async throws {
        try await FileSite.with { site in
            func key(_ permissions: JSONValue) async throws -> String? {
                try await site.client.send(
                    "POST", "/v1/api-keys", token: site.tenant.token, body: ["name": "k", "permissions": permissions]
                ).json["key"]?.string
            }
            let id = try await site.store("secret")
            let (writer, both) = (try await key(["files.write"]), try await key(["files.write", "files.read"]))
            let stored = try await site.client.send("POST", "/v1/files?name=x", token: writer, raw: [1])
            #expect(stored.status == 201)
            let path = "/v1/files/\(id)/links"
            let refused = try await site.client.send("POST", path, token: writer, body: ["expires_in": 60])
            #expect(refused.status == 403 && refused.code == "forbidden")
            #expect(try await site.client.send("POST", path, token: both, body: ["expires_in": 60]).status == 201)
        }
    }
}
