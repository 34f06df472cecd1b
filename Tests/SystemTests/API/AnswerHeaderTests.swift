import NIOHTTP1
import PluginKit
import TestKit
import Testing

/// What every answer carries, and what asks without a body.
@Suite("Answers")
struct AnswerHeaderTests {
    @Test("A plain request id comes back, a hostile one is replaced")
    func requestIDs() async throws {
        try await TestPlatform.with { test in
            let client = TestClient(test.url)
            let echoed = try await client.send("GET", "/v1/me", headers: [("X-Request-Id", "deploy-4711")])
            #expect(echoed.headers["X-Request-Id"] == ["deploy-4711"] && echoed.json["request_id"] == "deploy-4711")
            for id in ["short", String(repeating: "x", count: 65), "a b c d e f", "{\"a\": \"b\"}", "<script>"] {
                let answer = try await client.send("GET", "/v1/me", headers: [("X-Request-Id", id)])
                let made = try #require(answer.headers["X-Request-Id"].first)
                #expect(made != id && made.utf8.count == 36 && answer.json["request_id"]?.string == made)
            }
        }
    }

    @Test("HEAD answers as GET does, without a body")
    func head() async throws {
        try await TestPlatform.with { test in
            let tenant = try await test.tenant("acme")
            let client = TestClient(test.url)
            for path in ["/healthz", "/readyz", "/v1/me", "/v1/conversations", "/v1/nowhere"] {
                let get = try await client.send("GET", path, token: tenant.token)
                let head = try await client.send("HEAD", path, token: tenant.token)
                #expect(head.status == get.status && head.text.isEmpty, "\(path)")
                #expect(head.headers["Content-Type"] == get.headers["Content-Type"], "\(path)")
            }
        }
    }

    @Test("No answer is kept by caches or guessed at by browsers")
    func hardening() async throws {
        try await TestPlatform.with { test in
            for path in ["/healthz", "/v1/me", "/v1/nowhere"] {
                let answer = try await TestClient(test.url).send("GET", path)
                #expect(answer.headers["Cache-Control"] == ["no-store"], "\(path)")
                #expect(answer.headers["X-Content-Type-Options"] == ["nosniff"], "\(path)")
            }
        }
    }

    @Test("A password whose normal form is too long is refused, not a failure of ours")
    func longPasswords() async throws {
        try await TestPlatform.with { test in
            // Each of these becomes three characters in normalisation form C.
            let password = String(repeating: "\u{1D160}", count: 200)
            let body: JSONValue = [
                "slug": "acme", "name": "Acme",
                "admin": ["email": "ada@acme.example", "name": "Ada", "password": .string(password)],
            ]
            let answer = try await TestClient(test.url).send(
                "POST", "/v1/operator/tenants", token: test.operatorToken, body: body)
            #expect(answer.status == 422)
        }
    }
}
