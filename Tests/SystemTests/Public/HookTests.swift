import Cryptography
import Foundation
import Identity
import NIOHTTP1
import Observability
import Platform
@_spi(Kernel) import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// Addresses of hooks over HTTP: made by admins, called by anybody who has one.
@Suite("Hooks")
struct HookTests {
    @Test("An address leads to its tenant and its hook; a wrong, an old and a removed token lead nowhere, alike")
    func addresses() async throws {
        try await DoorsSite.with { site in
            let (id, path) = try await site.address("knowledge.write", of: site.one)
            #expect(path.wholeMatch(of: /\/hooks\/rmh_[A-Za-z0-9_-]{32}/) != nil)
            #expect(try await site.call(path, "from elsewhere").status == 202)
            try await site.test.database.asSuperuser { admin in
                let rows = try await admin.run("SELECT tenant_id, title FROM knowledge.knowledge_items")
                #expect(rows.count == 1)
                #expect(try rows.first?.get("title", as: String.self) == "from elsewhere")
                #expect(try rows.first?.get("tenant_id", as: TenantID.self) == site.one.id)
            }
            let rotated = try await site.client.send("POST", "/v1/hooks/\(id)/rotate", token: site.one.token)
            let fresh = try #require(rotated.json["path"]?.string)
            #expect(fresh != path && rotated.json["rotated_at"] != .null)
            let listed = try await site.client.send("GET", "/v1/hooks", token: site.one.token)
            #expect(listed.json["data"]?.array?.first?["name"] == "Shop")
            #expect(listed.json["data"]?.array?.first?["last_used_at"]?.string != nil)
            #expect(!listed.text.contains("rmh_"))
            let old = try await site.call(path)
            #expect(try await site.call(fresh).status == 202)
            // Another tenant's admin neither sees nor moves it.
            for (method, end) in [("POST", "/rotate"), ("DELETE", "")] {
                let foreign = try await site.client.send(method, "/v1/hooks/\(id)\(end)", token: site.other.token)
                #expect(foreign.status == 404)
            }
            #expect(try await site.client.send("DELETE", "/v1/hooks/\(id)", token: site.one.token).status == 204)
            let removed = try await site.call(fresh)
            let wrong = try await site.call("/hooks/rmh_" + String(repeating: "A", count: 32))
            let odd = try await site.call("/hooks/%F0%9F%98%80")
            for answer in [old, removed, wrong, odd] {
                #expect(answer.status == 404 && answer.withoutRequestID == wrong.withoutRequestID)
            }
        }
    }

    @Test("A hook takes what it declares: types, sizes, methods")
    func bounds() async throws {
        try await DoorsSite.with { site in
            let path = try await site.address("knowledge.echo", of: site.one).path
            #expect(try await site.call(path, "ä\u{0}").text == "false hook ä\u{0}")
            #expect(try await site.call(path, String(repeating: "a", count: 1000)).status == 200)
            #expect(try await site.call(path, String(repeating: "a", count: 1001)).code == "body_too_large")
            let json = try await site.client.send("POST", path, body: ["a": 1])
            #expect(json.status == 415 && json.code == "media_type_unsupported")
            for method in ["GET", "PUT", "DELETE", "OPTIONS"] {
                let answer = try await site.client.send(method, path, headers: [("Origin", "https://evil.example")])
                #expect(answer.status == 405 && answer.headers["Allow"] == ["POST"], "\(method)")
                #expect(answer.headers["Access-Control-Allow-Origin"].isEmpty)
            }
            #expect(try await site.client.send("HEAD", path).status == 405)
        }
    }

    @Test("A signature over the raw bytes is checked with the tenant's own secret")
    func signatures() async throws {
        try await DoorsSite.with { site in
            let path = try await site.address("knowledge.echo", of: site.one).path
            // echo -n '{"a": 1}' | openssl dgst -sha256 -hmac 'very secret 1'
            let (body, hex) = ("{\"a\": 1}", HMAC.hex("{\"a\": 1}", "very secret 1"))
            #expect(try await site.call(path, body, headers: [("X-Signature", hex)]).text.hasPrefix("false"))
            for (tenant, secret) in [(site.one, "very secret 1"), (site.other, "very secret 2")] {
                let set = try await site.client.send(
                    "PATCH", "/v1/modules/knowledge", token: tenant.token,
                    body: ["settings": ["token": .string(secret)]])
                #expect(set.status == 200)
            }
            for code in [hex, hex.uppercased(), "sha256=\(hex)"] {
                #expect(try await site.call(path, body, headers: [("X-Signature", code)]).text.hasPrefix("true"))
            }
            let wrong: [[(String, String)]] = [
                [], [("X-Signature", "")], [("X-Signature", HMAC.hex(body, "very secret 2"))],
                [("X-Signature", String(hex.dropLast()))], [("X-Signature", hex), ("X-Signature", hex)],
                [("X-Signature", HMAC.hex("{\"a\":1}", "very secret 1"))],
            ]
            for headers in wrong {
                #expect(try await site.call(path, body, headers: headers).text.hasPrefix("false"), "\(headers)")
            }
        }
    }

    @Test("A module that is off answers 404, a suspended tenant 403, a flood 429, each for its own tenant alone")
    func refusals() async throws {
        try await DoorsSite.with { site in
            let one = try await site.address("knowledge.echo", of: site.one).path
            let other = try await site.address("knowledge.echo", of: site.other).path
            let module = "/v1/modules/knowledge"
            _ = try await site.client.send("PATCH", module, token: site.one.token, body: ["enabled": false])
            #expect(try await site.call(one).code == "module_disabled")
            #expect(try await site.call(other).status == 200)
            _ = try await site.client.send("PATCH", module, token: site.one.token, body: ["enabled": true])
            #expect(try await site.call(one).status == 200)
            try await site.limit("hook_requests_per_minute", 20, of: site.one)
            var statuses: [Int] = []
            for _ in 0..<4 { statuses.append(try await site.call(one).status) }
            #expect(statuses.last == 429)
            #expect(try await site.call(other).status == 200)
            #expect(try await site.client.send("GET", "/v1/hooks", token: site.one.token).status == 200)
            _ = try await site.test.platform.identity.tenants.setActive(false, site.one.id)
            try await site.test.platform.control.refresh()
            #expect(try await site.call(one).code == "tenant_suspended")
            #expect(try await site.call(other).status == 200)
        }
    }

    @Test("Where the module's code did not load, senders are asked to try again; where it is gone, the address is too")
    func codeThatDidNotLoad() async throws {
        try await DoorsSite.with { site in
            let one = try await site.address("knowledge.echo", of: site.one).path
            let other = try await site.address("knowledge.echo", of: site.other).path
            _ = try await site.client.send(
                "PATCH", "/v1/modules/knowledge", token: site.other.token, body: ["enabled": false])
            try await PluginsFolder.with { folder in
                try folder.copy("Conversations")
                try folder.copyTestPlugin("Doors")
                try folder.addLibrary(of: "Doors", Array("no library".utf8))
                try await site.test.withAnother(plugins: folder.path) { test in
                    let client = TestClient(test.url)
                    let answer = try await client.send(
                        "POST", one, raw: [0x61], headers: [("Content-Type", "text/plain")])
                    #expect(answer.status == 503 && answer.code == "plugin_paused")
                    #expect(answer.headers["Retry-After"] == ["30"])
                    #expect(try await client.send("POST", other).code == "module_disabled")
                    let wrong = "/hooks/rmh_" + String(repeating: "A", count: 32)
                    #expect(try await client.send("POST", wrong).status == 404)
                }
            }
            try await PluginsFolder.with { folder in
                try folder.copy("Conversations")
                try await site.test.withAnother(plugins: folder.path) { test in
                    let answer = try await TestClient(test.url).send("POST", one)
                    #expect(answer.code == "not_found")
                }
            }
        }
    }

    @Test("Making, turning and removing an address needs the permission and is told; the token is told to nobody")
    func audit() async throws {
        try await DoorsSite.with { site in
            let (id, path) = try await site.address("knowledge.write", of: site.one)
            _ = try await site.client.send("POST", "/v1/hooks/\(id)/rotate", token: site.one.token)
            _ = try await site.client.send("DELETE", "/v1/hooks/\(id)", token: site.one.token)
            let wanted: Set<String> = ["hook.created", "hook.updated", "hook.deleted"]
            let isTold = try await eventually {
                let events = try await site.client.send("GET", "/v1/events", token: site.one.token)
                let types = (events.json["data"]?.array ?? []).compactMap { $0["type"]?.string }
                return !events.text.contains("rmh_") && wanted.isSubset(of: types)
            }
            #expect(isTold)
            let foreign = try await site.client.send("GET", "/v1/events", token: site.other.token)
            #expect(!foreign.text.contains("hook."))
            try await site.test.database.asSuperuser { admin in
                let hash = try await admin.run("SELECT 1 FROM core.hooks WHERE hash = convert_to(\(path), 'UTF8')")
                #expect(hash.isEmpty)
            }
            _ = try await site.test.platform.identity.members.add(
                NewMember(email: "v@one.example", name: "V", password: "password-of-v-1", role: .viewer),
                to: site.one.id)
            let viewer = try await site.test.platform.identity.logins.login(
                email: "v@one.example", password: "password-of-v-1", tenant: "one")
            let token = viewer.value["access_token"]?.string
            #expect(try await site.client.send("GET", "/v1/hooks", token: token).status == 403)
            let body: JSONValue = ["hook": "knowledge.echo", "name": "x"]
            #expect(try await site.client.send("POST", "/v1/hooks", token: token, body: body).status == 403)
            // Whoever makes an address hands on what the hook may do.
            let key = try await site.client.send(
                "POST", "/v1/api-keys", token: site.one.token, body: ["name": "k", "permissions": ["hooks.write"]])
            let program = key.json["key"]?.string
            #expect(
                try await site.client.send("POST", "/v1/hooks", token: program, body: body).code == "role_forbidden")
            let harmless: JSONValue = ["hook": "knowledge.write", "name": "x"]
            #expect(try await site.client.send("POST", "/v1/hooks", token: program, body: harmless).status == 201)
            let unknown = try await site.client.send(
                "POST", "/v1/hooks", token: site.one.token, body: ["hook": "knowledge.none", "name": "x"])
            #expect(unknown.status == 422 && unknown.code == "reference_missing")
        }
    }

    @Test("An answer that shows a token is not kept for whoever repeats the request")
    func tokensAreNotKept() async throws {
        try await DoorsSite.with { site in
            let body: JSONValue = ["hook": "knowledge.echo", "name": "x"]
            let headers = [("Idempotency-Key", "once")]
            let first = try await site.client.send(
                "POST", "/v1/hooks", token: site.one.token, body: body, headers: headers)
            #expect(first.status == 201)
            let second = try await site.client.send(
                "POST", "/v1/hooks", token: site.one.token, body: body, headers: headers)
            #expect(second.status == 409 && !second.text.contains("rmh_"))
            try await site.test.database.asSuperuser { admin in
                let kept = try await admin.run("SELECT 1 FROM core.idempotency_keys WHERE answer IS NOT NULL")
                #expect(kept.isEmpty)
            }
            let listed = try await site.client.send("GET", "/v1/hooks", token: site.one.token)
            #expect(listed.json["data"]?.array?.count == 1)
        }
    }

    @Test("No log and no metric holds a token")
    func tokensAreNotWritten() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("access-\(UUID().uuidString)").path
        #expect(FileManager.default.createFile(atPath: file, contents: nil))
        defer { try? FileManager.default.removeItem(atPath: file) }
        let handle = try #require(FileHandle(forWritingAtPath: file))
        let output = LogOutput(descriptor: handle.fileDescriptor)
        try await DoorsSite.with(adjust: { $0.accessLog = output }) { site in
            let path = try await site.address("knowledge.echo", of: site.one).path
            #expect(try await site.call(path).status == 200)
            #expect(try await site.call(path + "x").status == 404)
            let metrics = try await site.client.send("GET", "/metrics", token: site.test.operatorToken)
            #expect(metrics.text.contains("/hooks/{token}") && !metrics.text.contains("rmh_"))
        }
        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(text.contains("/hooks/{token}") && !text.contains("rmh_"))
    }
}

/// HMAC-SHA256 in hexadecimal digits, as a sender makes it.
enum HMAC {
    static func hex(_ message: String, _ secret: String) -> String {
        Hex.encode(HMACSHA256.authenticate(Array(message.utf8), key: Array(secret.utf8)))
    }
}
