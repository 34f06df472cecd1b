import HTTP
import NIOHTTP1
import Platform
import PluginHost
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

extension IsolationBatteryModuleTests {
    @Test("A64: settings, secrets, commands and addresses of one tenant are of no use to another, and stay as they are")
    func handles() async throws {
        try await IsolationSite.withThirdModule { site in
            try await settings(site)
            try await secrets(site)
            try await commands(site)
            try await hooks(site)
        }
    }

    /// What a tenant's admin is shown of the third module.
    private func module(_ site: IsolationSite, _ tenant: TestTenant) async throws -> JSONValue {
        let answer = try await site.client.send("GET", "/v1/modules", token: tenant.token)
        return try #require(answer.json["data"]?.array?.first { $0["id"] == "sample" }, "\(answer.text)")
    }

    private func notes(_ site: IsolationSite, _ tenant: TestTenant) async throws -> [JSONValue] {
        let answer = try await site.client.send("GET", "/v1/sample/notes", token: tenant.token)
        return try #require(answer.json["data"]?.array, "\(answer.text)")
    }

    private func set(_ settings: JSONValue, _ site: IsolationSite, _ tenant: TestTenant) async throws {
        let answer = try await site.client.send(
            "PATCH", "/v1/modules/sample", token: tenant.token, body: ["settings": settings])
        #expect(answer.status == 200 && !answer.text.contains(IsolationTenant.canary), "\(answer.text)")
    }

    /// B sets, changes and takes away: A's values and that A has a secret stay, and B's notes begin as B says.
    private func settings(_ site: IsolationSite) async throws {
        let shown = try await module(site, site.a)
        #expect(shown["settings"] == ["greeting": .string(IsolationTenant.canary)])
        #expect(shown["secrets"] == ["token": true])
        let before = try await site.fingerprint()
        for settings: JSONValue in [["token": "quite another 1"], ["greeting": "Ahoy"], ["token": .null], [:]] {
            try await set(settings, site, site.b)
            #expect(try await site.fingerprint() == before, "\(settings)")
        }
        #expect(try await module(site, site.a) == shown)
        let own = try await module(site, site.b)
        #expect(own["settings"] == ["greeting": "Hello"] && own["secrets"] == ["token": false])
        let written = try await site.client.send(
            "POST", "/v1/sample/notes", token: site.b.token, body: ["text": "hi"])
        #expect(written.json["text"] == "Hello. hi", "\(written.text)")
    }

    /// Without a secret of its own B has none, and A's does not open where it is moved to B.
    private func secrets(_ site: IsolationSite) async throws {
        let module = try #require(site.moduleRoutes.first { $0.module != nil }?.module)
        #expect(try await module.secrets.read("token", of: module.name, for: site.b.session) == nil)
        let secret = try await module.secrets.read("token", of: module.name, for: site.a.session)
        #expect(secret == IsolationSite.secret(of: site.a))
        try await site.test.database.asSuperuser { admin in
            _ = try await admin.run(
                """
                INSERT INTO core.module_secrets (tenant_id, module_id, name, sealed)
                SELECT \(site.b.id), module_id, name, sealed
                FROM core.module_secrets
                WHERE tenant_id = \(site.a.id) AND module_id = 'sample'
                """)
        }
        await #expect(throws: (any Error).self) {
            try await module.secrets.read("token", of: module.name, for: site.b.session)
        }
        let signed = try await call(site, site.hooks[1], signedWith: site.a)
        #expect(signed.status != 202 && !signed.text.contains(IsolationTenant.canary), "\(signed.text)")
        try await set(["token": .string(IsolationSite.secret(of: site.b))], site, site.b)
    }

    /// B runs the command on its own note, under a key that A has used, and on A's note.
    private func commands(_ site: IsolationSite) async throws {
        func pin(_ id: JSONValue, under key: String, as tenant: TestTenant) async throws -> TestClient.Answer {
            try await site.client.send(
                "POST", "/v1/commands/sample.pin", token: tenant.token, body: ["id": id],
                headers: [("Idempotency-Key", key)])
        }
        let foreign = try #require(try await notes(site, site.a).first?["id"])
        let own = try #require(try await notes(site, site.b).first?["id"])
        let first = try await pin(foreign, under: "the-same-key", as: site.a)
        #expect(first.status == 200 && first.json["is_pinned"] == true, "\(first.text)")
        let before = try await site.fingerprint()
        let same = try await pin(own, under: "the-same-key", as: site.b)
        #expect(same.status == 200 && same.json["id"] == own, "\(same.text)")
        #expect(same.header("Idempotency-Replayed") == nil)
        let stolen = try await pin(foreign, under: "another-key", as: site.b)
        let missing = try await pin(.string(ID<Void>.make().description), under: "a-third-key", as: site.b)
        #expect(stolen.status == 404 && stolen.withoutRequestID == missing.withoutRequestID, "\(stolen.text)")
        #expect(try await site.fingerprint() == before)
    }

    /// Calls an address with a note that is signed with a tenant's secret.
    private func call(
        _ site: IsolationSite, _ path: String, signedWith tenant: TestTenant, delivery: String? = nil
    ) async throws -> TestClient.Answer {
        let body = "{\"text\": \"from elsewhere\"}"
        return try await site.client.send(
            "POST", path, raw: Array(body.utf8),
            headers: [
                ("Content-Type", "application/json"), ("X-Tenant", site.a.slug),
                ("X-Signature", HMAC.hex(body, IsolationSite.secret(of: tenant))),
                ("X-Delivery", delivery ?? ID<Void>.make().description),
            ])
    }

    /// What B signs is refused at A's address and is B's at its own, also under the id of a note of A's.
    private func hooks(_ site: IsolationSite) async throws {
        let (theirs, own) = (site.hooks[0], site.hooks[1])
        let before = try await notes(site, site.a)
        let id = try #require(before.first?["id"]?.string)
        let refused = try await call(site, theirs, signedWith: site.b)
        #expect(refused.status == 403 && refused.code == "signature_refused", "\(refused.text)")
        let taken = try await call(site, own, signedWith: site.b, delivery: id)
        #expect(taken.status == 202, "\(taken.text)")
        #expect(try await notes(site, site.b).contains { $0["id"]?.string == id && $0["text"] == "from elsewhere" })
        let wrong = try await call(site, "/hooks/rmh_" + String(repeating: "A", count: 32), signedWith: site.a)
        let shouted = theirs.uppercased().replacing("/HOOKS", with: "/hooks")
        for guess in [theirs + "x", String(theirs.dropLast()), shouted] {
            let answer = try await call(site, guess, signedWith: site.a)
            #expect(answer.status == 404 && answer.withoutRequestID == wrong.withoutRequestID, "\(answer.text)")
        }
        #expect(try await notes(site, site.a) == before)
        // Were the secret known, a note would be there: the comparison above sees it.
        #expect(try await call(site, theirs, signedWith: site.a).status == 202)
        #expect(try await notes(site, site.a).count == before.count + 1)
    }

    @Test("a module that is off for one tenant serves it nothing, and others as before; files of pages are nobody's")
    func switches() async throws {
        try await IsolationSite.withThirdModule { site in
            #expect(try await slots(site, site.a) == 1)
            #expect(try await slots(site, site.b) == 1)
            let shown = try await documents(site, token: nil)
            #expect(shown.count >= 2)
            let off = try await site.client.send(
                "PATCH", "/v1/modules/sample", token: site.b.token, body: ["enabled": false])
            #expect(off.json["enabled"] == false)
            for route in site.moduleRoutes where route.module != nil {
                let answer = try await site.send(route, id: site.idsOfB[0], token: site.b.token)
                #expect(answer.status == 404 && answer.code == "module_disabled", "\(route.title)")
                let other = try await site.send(route, id: ID<Void>.make().description, token: site.a.token)
                #expect(other.code != "module_disabled" && other.status < 500, "\(route.title): \(other.text)")
            }
            let closed = try await call(site, site.hooks[1], signedWith: site.b)
            #expect(closed.status == 404 && closed.code == "module_disabled", "\(closed.text)")
            #expect(try await call(site, site.hooks[0], signedWith: site.a).status == 202)
            #expect(try await slots(site, site.a) == 1)
            #expect(try await slots(site, site.b) == 0)
            // They show nothing of anybody, and so not who has the module on.
            for token in [nil, site.a.token, site.b.token] {
                #expect(try await documents(site, token: token) == shown)
            }
        }
    }

    /// How many slots of the third module a tenant's admin is told of.
    private func slots(_ site: IsolationSite, _ tenant: TestTenant) async throws -> Int {
        let answer = try await site.client.send("GET", "/v1/ui/slots", token: tenant.token)
        let slots = try #require(answer.json["data"]?.array, "\(answer.text)")
        return slots.count { $0["module"] == "sample" }
    }

    /// Every asset and every frame of every plugin, as whoever has `token` gets it.
    private func documents(_ site: IsolationSite, token: String?) async throws -> [String: [String]] {
        let ignored: Set<String> = ["x-request-id", "traceparent", "date"]
        var documents: [String: [String]] = [:]
        for plugin in site.test.platform.registry.plugins {
            let frames = (plugin.manifest?.ui.slots ?? []).map { "/frames/\(plugin.id)/\($0.slot)" }
            let assets = plugin.assets.files.map { "/assets/\(plugin.id)/\(plugin.assets.digest)/\($0.path)" }
            for path in frames + assets {
                let answer = try await site.client.send("GET", path, token: token, headers: [("X-Tenant", site.a.slug)])
                #expect(answer.status == 200, "\(path)")
                let headers = answer.headers.filter { !ignored.contains($0.name.lowercased()) }
                let document = [answer.text] + headers.map { "\($0.name): \($0.value)" }.sorted()
                for word in [IsolationTenant.canary, site.a.id.description] {
                    #expect(!document.joined().contains(word), "\(path)")
                }
                documents[path] = document
            }
            // The set of files is named by what is in it; a tenant's id names none.
            for tenant in [site.a, site.b] {
                let path = "/assets/\(plugin.id)/\(tenant.id)/panel.js"
                #expect(try await site.client.send("GET", path, token: token).status == 404)
            }
        }
        return documents
    }
}
