import NIOHTTP1
import PluginKit
import TestKit
import Testing

extension SamplePluginTests {
    @Test("Its hook writes what is signed, once, for the tenant whose address was called, and says so in the document")
    func hook() async throws {
        try await with { test, client in
            let (one, other) = (try await test.tenant("one"), try await test.tenant("other"))
            let kinds = try await client.send("GET", "/v1/hooks/kinds", token: one.token)
            #expect(kinds.json["data"]?.array?.compactMap { $0["hook"]?.string } == ["sample.note"], "\(kinds.text)")
            _ = try await client.send(
                "PATCH", "/v1/modules/sample", token: one.token, body: ["settings": ["token": "very secret 1"]])
            let made = try await client.send(
                "POST", "/v1/hooks", token: one.token, body: ["hook": "sample.note", "name": "Shop"])
            let path = try #require(made.json["path"]?.string)
            let body = "{\"text\": \"from the shop\"}"
            let delivery = ID<Void>.make().description
            func call(_ text: String, _ signature: String) async throws -> TestClient.Answer {
                try await client.send(
                    "POST", path, raw: Array(text.utf8),
                    headers: [
                        ("Content-Type", "application/json"), ("X-Signature", signature), ("X-Delivery", delivery),
                    ])
            }
            let signature = HMAC.hex(body, "very secret 1")
            #expect(try await call(body, HMAC.hex(body, "very secret 2")).code == "signature_refused")
            #expect(try await call(body + " ", signature).code == "signature_refused")
            for _ in 0..<2 { #expect(try await call(body, "sha256=" + signature).status == 202) }
            let notes = try await client.send("GET", "/v1/sample/notes", token: one.token)
            #expect(notes.json["data"]?.array?.map { $0["text"] } == ["from the shop"])
            let others = try await client.send("GET", "/v1/sample/notes", token: other.token)
            #expect(others.json["data"] == [])
            let odd = "{\"text\": 1}"
            #expect(try await call(odd, HMAC.hex(odd, "very secret 1")).status == 422)
            let broken = "{"
            #expect(try await call(broken, HMAC.hex(broken, "very secret 1")).code == "json_invalid")
            let document = try await client.send("GET", "/openapi.json")
            #expect(document.json["paths"]?["/hooks/{token}"]?["post"]?["security"] == [])
        }
    }
}
