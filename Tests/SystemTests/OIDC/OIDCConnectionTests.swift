import Identity
import NIOHTTP1
import Platform
import PluginKit
import Postgres
import TestKit
import Testing

/// Connections to providers, and where they may lead.
@Suite("OIDC connections")
struct OIDCConnectionTests {
    @Test("an admin connects, changes and removes; the secret is never shown and is stored encrypted")
    func life() async throws {
        try await FakeProvider.with { provider in
            try await TestPlatform.with { test in
                let tenant = try await test.tenant("acme")
                let id = try await test.connect(tenant, provider)
                let client = TestClient(test.url)
                let path = "/v1/auth/oidc/connections/\(id)"
                let shown = try await client.send("GET", path, token: tenant.token)
                #expect(shown.json["has_client_secret"] == true && shown.json["provisioning"] == "refuse")
                #expect(shown.json["redirect_uri"]?.string == "http://127.0.0.1/v1/auth/oidc/\(id)/callback")
                let list = try await client.send("GET", "/v1/auth/oidc/connections", token: tenant.token)
                #expect(list.json["data"]?.array?.count == 1)
                let renamed = try await client.send("PATCH", path, token: tenant.token, body: ["name": "Other"])
                #expect(renamed.json["name"] == "Other" && renamed.json["has_client_secret"] == true)
                for answer in [shown, list, renamed] { #expect(!answer.text.contains("the secret")) }
                let stored = try await test.database.asSuperuser { admin in
                    try await admin.run("SELECT client_secret FROM core.oidc_connections").rows.map {
                        try $0.get("client_secret", as: [UInt8].self)
                    }
                }
                #expect(stored.count == 1 && stored[0].count == FakeProvider.clientSecret.utf8.count + 28)
                #expect(!String(decoding: stored[0], as: UTF8.self).contains("secret"))
                let moved = try await client.send(
                    "PATCH", path, token: tenant.token, body: ["issuer": "https://login.example"])
                #expect(moved.json["has_client_secret"] == false, "the next issuer must not get the last one's secret")
                let removed = try await client.send("DELETE", path, token: tenant.token)
                #expect(removed.status == 204)
                let gone = try await client.send("GET", path, token: tenant.token)
                #expect(gone.status == 404)
            }
        }
    }

    @Test(
        "an issuer that may not be asked is refused",
        arguments: ["http://login.example", "https://u@login.example", "https://login.example/?x", "ftp://x"])
    func issuers(issuer: String) async throws {
        try await TestPlatform.with { test in
            let tenant = try await test.tenant("acme")
            let answer = try await TestClient(test.url).send(
                "POST", "/v1/auth/oidc/connections", token: tenant.token,
                body: ["name": "x", "issuer": .string(issuer), "client_id": "x"])
            #expect(answer.status == 422 && answer.json["errors"]?.array?.first?["pointer"] == "/issuer")
        }
    }

    @Test("without the operator's word this machine and private networks are not asked, nor is a provider without TLS")
    func closedNetworks() async throws {
        try await FakeProvider.with { provider in
            let port = try #require(provider.issuer.split(separator: ":").last)
            try await TestPlatform.with(adjust: { $0.oidc.allowsInsecure = false }) { test in
                let tenant = try await test.tenant("acme")
                let client = TestClient(test.url)
                let plain = try await client.send(
                    "POST", "/v1/auth/oidc/connections", token: tenant.token,
                    body: ["name": "x", "issuer": .string(provider.issuer), "client_id": "x"])
                #expect(plain.status == 422)
                for host in [
                    "127.0.0.1:\(port)", "localhost:\(port)", "[::1]:\(port)", "169.254.169.254", "10.0.0.1",
                    "2130706433:\(port)",
                ] {
                    let answer = try await client.send(
                        "POST", "/v1/auth/oidc/connections", token: tenant.token,
                        body: ["name": "x", "issuer": .string("https://\(host)"), "client_id": "x"])
                    let id = try #require(answer.json["id"]?.string, "\(host)")
                    let start = try await client.send("GET", "/v1/auth/oidc/\(id)/start")
                    #expect(start.status == 502 && start.code == "provider_failed", "\(host)")
                }
            }
            #expect(provider.keyRequests == 0)
        }
    }

    @Test("a provider that lies about itself, sends us elsewhere, or says too much is not believed")
    func crookedProviders() async throws {
        try await FakeProvider.with { provider in
            try await TestPlatform.with { test in
                let tenant = try await test.tenant("acme")
                let place = "/.well-known/openid-configuration"
                for document in [
                    .json("{}"), .json("nonsense"), .json(provider.configuration(["issuer": "https://login.example"])),
                    .json(provider.configuration(["jwks_uri": "http://169.254.169.254/keys"])),
                    .json(provider.configuration(["token_endpoint": "file:///etc/passwd"])),
                    .json(provider.configuration(["authorization_endpoint": "javascript:alert(1)"])),
                    .json(provider.configuration(), status: 500),
                    StubServer.Answer(302, headers: [("Location", "\(provider.issuer)/elsewhere")]),
                    .json(provider.configuration(["x": String(repeating: "x", count: 300_000)])),
                ] as [StubServer.Answer] {
                    provider.put("/elsewhere", .json(provider.configuration()))
                    provider.put(place, document)
                    let connection = try await test.connect(tenant, provider)
                    var browser = SignInBrowser(test, provider)
                    let answer = try await browser.start(connection)
                    #expect(answer.status == 502 && answer.headers["Location"].isEmpty, "\(document.body.count)")
                    _ = try await browser.client.send(
                        "DELETE", "/v1/auth/oidc/connections/\(connection)", token: tenant.token)
                }
                provider.put(place, nil)
                let connection = try await test.connect(tenant, provider)
                var browser = SignInBrowser(test, provider)
                let honest = try await browser.start(connection)
                #expect(honest.status == 302)
            }
        }
    }

    @Test("who may only connect providers lets nobody in through one")
    func authority() async throws {
        try await FakeProvider.with { provider in
            try await TestPlatform.with { test in
                let tenant = try await test.tenant("acme")
                let client = TestClient(test.url)
                let made = try await client.send(
                    "POST", "/v1/api-keys", token: tenant.token,
                    body: ["name": "k", "permissions": ["sign_in.read", "sign_in.write"]])
                let key = try #require(made.json["key"]?.string)
                func add(_ provisioning: String) async throws -> TestClient.Answer {
                    try await client.send(
                        "POST", "/v1/auth/oidc/connections", token: key,
                        body: [
                            "name": "x", "issuer": .string(provider.issuer), "client_id": "x",
                            "provisioning": .string(provisioning),
                        ])
                }
                #expect(try await add("create").code == "role_forbidden")
                let closed = try await add("refuse")
                let id = try #require(closed.json["id"]?.string, "\(closed.text)")
                let open = try await test.connect(tenant, provider, provisioning: "create")
                func change(_ id: String, _ body: JSONValue) async throws -> TestClient.Answer {
                    try await client.send("PATCH", "/v1/auth/oidc/connections/\(id)", token: key, body: body)
                }
                #expect(try await change(id, ["name": "y"]).status == 200)
                #expect(try await change(id, ["provisioning": "create"]).code == "role_forbidden")
                #expect(try await change(open, ["issuer": "https://login.example"]).code == "role_forbidden")
                #expect(try await change(open, ["provisioning": "refuse"]).status == 200)
                #expect(try await change(OIDCConnectionID.make().description, ["name": "y"]).status == 404)
            }
        }
    }

    @Test("an account without a password is refused like any other")
    func noPassword() async throws {
        try await FakeProvider.with { provider in
            try await TestPlatform.with { test in
                let tenant = try await test.tenant("acme")
                let connection = try await test.connect(tenant, provider, provisioning: "create")
                var browser = SignInBrowser(test, provider)
                _ = try await browser.logIn(connection, as: "ada")
                try await test.database.asSuperuser {
                    try await $0.run("UPDATE core.accounts SET email = 'ada@acme.example' WHERE email IS NULL")
                }
                let answer = try await browser.client.send(
                    "POST", "/v1/auth/login", body: ["email": "ada@acme.example", "password": "x", "tenant": "acme"])
                #expect(answer.status == 401 && answer.code == "login_refused")
            }
        }
    }
}
