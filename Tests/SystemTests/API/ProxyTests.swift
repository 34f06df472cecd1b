import HTTP
import Outbound
import Platform
import PluginKit
import TestKit
import Testing

/// Whose request it is when it comes through a proxy: over HTTP, where every client can send what a proxy would.
@Suite("Behind a proxy")
struct ProxyTests {
    private static let login: JSONValue = [
        "email": "admin@acme.example", "password": "password-of-acme", "tenant": "acme",
    ]

    private func with(
        _ proxies: [String], _ body: @Sendable (TestClient) async throws -> Void
    ) async throws {
        let ranges = proxies.compactMap { NetworkRange($0) }
        try await TestPlatform.with(adjust: { $0.trustedProxies = TrustedProxies(ranges) }) { test in
            _ = try await test.tenant("acme")
            try await body(TestClient(test.url))
        }
    }

    /// The address that a login is listed with.
    private func address(_ client: TestClient, _ headers: [(String, String)]) async throws -> String? {
        let session = try await client.send("POST", "/v1/auth/login", body: Self.login, headers: headers)
        #expect(session.status == 200, "\(session.text)")
        let logins = try await client.send("GET", "/v1/me/sessions", token: session.json["access_token"]?.string)
        return logins.json["data"]?.array?.first { $0["current"] == true }?["address"]?.string
    }

    private func attempt(_ client: TestClient, _ forwarded: String) async throws -> Int {
        let wrong: JSONValue = ["email": "admin@acme.example", "password": "wrong", "tenant": "acme"]
        return try await client.send(
            "POST", "/v1/auth/login", body: wrong, headers: [("X-Forwarded-For", forwarded)]
        ).status
    }

    @Test("Without a trusted proxy no header says whose a login is")
    func nobodyIsTrusted() async throws {
        try await with([]) { (client: TestClient) async throws -> Void in
            let headers = [
                ("X-Forwarded-For", "192.0.2.7"), ("Forwarded", "for=192.0.2.7"), ("X-Real-IP", "192.0.2.7"),
                ("True-Client-IP", "192.0.2.7"),
            ]
            #expect(try await address(client, headers) == "127.0.0.1")
        }
    }

    @Test("A trusted proxy says whose a login is; what the client added before does not count")
    func trusted() async throws {
        try await with(["127.0.0.0/8"]) { (client: TestClient) async throws -> Void in
            #expect(try await address(client, [("X-Forwarded-For", "192.0.2.7")]) == "192.0.2.7")
            #expect(try await address(client, [("X-Forwarded-For", "6.6.6.6, 192.0.2.7, 127.0.0.9")]) == "192.0.2.7")
            #expect(try await address(client, [("X-Forwarded-For", "192.0.2.7, nonsense")]) == "127.0.0.1")
            #expect(try await address(client, [("Forwarded", "for=6.6.6.6")]) == "127.0.0.1")
            #expect(try await address(client, [("X-Real-IP", "6.6.6.6")]) == "127.0.0.1")
        }
    }

    @Test("Attempts to log in are counted for the address behind the proxy, whatever the client puts before it")
    func throttled() async throws {
        try await with(["127.0.0.1"]) { (client: TestClient) async throws -> Void in
            for number in 0..<10 { #expect(try await attempt(client, "6.6.6.\(number), 192.0.2.7") == 401) }
            #expect(try await attempt(client, "6.6.6.99, 192.0.2.7") == 429)
            #expect(try await attempt(client, "192.0.2.8") == 401)
        }
    }

    @Test("An address that has used up its attempts on an account keeps nobody else from it")
    func lockout() async throws {
        try await with(["127.0.0.1"]) { (client: TestClient) async throws -> Void in
            for number in 0..<60 { #expect(try await attempt(client, "192.0.2.7") == (number < 10 ? 401 : 429)) }
            #expect(try await address(client, [("X-Forwarded-For", "192.0.2.8")]) == "192.0.2.8")
        }
    }

    @Test("Without a trusted proxy nobody gets more attempts by another header each time")
    func spoofed() async throws {
        try await with([]) { (client: TestClient) async throws -> Void in
            for number in 0..<10 { #expect(try await attempt(client, "6.6.6.\(number)") == 401) }
            #expect(try await attempt(client, "6.6.6.99") == 429)
        }
    }

    @Test("Attempts from one /64 of IPv6 count together, and an IPv4 address in either spelling")
    func networks() async throws {
        try await with(["127.0.0.1"]) { (client: TestClient) async throws -> Void in
            for number in 1...10 { #expect(try await attempt(client, "2001:db8:0:1:\(number)::9") == 401) }
            #expect(try await attempt(client, "2001:db8:0:1:ffff::1") == 429)
            #expect(try await attempt(client, "2001:db8:0:2::1") == 401)
            for number in 0..<10 {
                #expect(try await attempt(client, number % 2 == 0 ? "192.0.2.9" : "::ffff:192.0.2.9") == 401)
            }
            #expect(try await attempt(client, "192.0.2.9") == 429)
        }
    }
}
