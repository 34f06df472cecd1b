import Foundation
import NIOHTTP1
import PluginKit
import TestKit

/// A browser with its own cookies, on its way from the platform to a provider and back.
struct SignInBrowser {
    let client: TestClient
    let provider: FakeProvider
    /// The header `Cookie`; empty when there is none.
    private(set) var cookie = ""

    init(_ test: TestPlatform, _ provider: FakeProvider) {
        client = TestClient(test.url)
        self.provider = provider
    }

    /// The header `Accept`; empty when it sends none.
    var accept = ""

    private var headers: [(String, String)] {
        (cookie.isEmpty ? [] : [("Cookie", "theme=dark; \(cookie)")]) + (accept.isEmpty ? [] : [("Accept", accept)])
    }

    /// Begins a login; where the provider asks who one is.
    mutating func start(_ connection: String, query: String = "") async throws -> TestClient.Answer {
        let answer = try await client.send("GET", "/v1/auth/oidc/\(connection)/start\(query)", headers: headers)
        take(answer)
        return answer
    }

    /// Begins to link the member whose token it is.
    mutating func link(_ connection: String, token: String) async throws -> TestClient.Answer {
        let answer = try await client.send("POST", "/v1/auth/oidc/\(connection)/link", token: token)
        take(answer)
        return answer
    }

    /// Brings back what the provider gave.
    func finish(
        _ connection: String, code: String?, state: String?, more: String = "", sendsCookie: Bool = true
    ) async throws -> TestClient.Answer {
        let query = [code.map { "code=\($0)" }, state.map { "state=\($0)" }].compactMap { $0 }.joined(separator: "&")
        return try await client.send(
            "GET", "/v1/auth/oidc/\(connection)/callback?\(query)\(more)",
            headers: sendsCookie ? headers : headers.filter { $0.0 != "Cookie" })
    }

    /// Proves a second factor for a sign-in that waits for it.
    func prove(
        _ connection: String, state: JSONValue?, code: String, sendsCookie: Bool = true
    ) async throws -> TestClient.Answer {
        try await client.send(
            "POST", "/v1/auth/oidc/\(connection)/second-factor",
            body: ["state": state ?? .null, "code": .string(code)],
            headers: sendsCookie ? headers : [])
    }

    /// A whole login.
    mutating func logIn(_ connection: String, as subject: String) async throws -> TestClient.Answer {
        let started = try await start(connection)
        guard let location = started.headers["Location"].first else { return started }
        let (code, state) = try provider.authorize(location, as: subject)
        return try await finish(connection, code: code, state: state, more: "&session_state=1&scope=openid")
    }

    /// A whole linking.
    mutating func link(_ connection: String, token: String, as subject: String) async throws -> TestClient.Answer {
        let begun = try await link(connection, token: token)
        guard let url = begun.json["url"]?.string, let query = url.split(separator: "?").last else { return begun }
        let started = try await start(connection, query: "?\(query)")
        guard let location = started.headers["Location"].first else { return started }
        let (code, state) = try provider.authorize(location, as: subject)
        return try await finish(connection, code: code, state: state)
    }

    private mutating func take(_ answer: TestClient.Answer) {
        guard let pair = answer.headers["Set-Cookie"].first?.split(separator: ";").first else { return }
        cookie = String(pair)
    }
}

extension TestPlatform {
    /// A connection of a tenant to a provider.
    ///
    /// - Returns: its id.
    func connect(
        _ tenant: TestTenant, _ provider: FakeProvider, provisioning: String = "refuse"
    ) async throws -> String {
        let answer = try await TestClient(url).send(
            "POST", "/v1/auth/oidc/connections", token: tenant.token,
            body: [
                "name": "Company login", "issuer": .string(provider.issuer),
                "client_id": .string(FakeProvider.clientID),
                "client_secret": .string(FakeProvider.clientSecret), "provisioning": .string(provisioning),
            ])
        guard answer.status == 201, let id = answer.json["id"]?.string else { throw Problem.notFound }
        return id
    }

    /// The profile of a session that a sign-in answered with.
    func profile(of answer: TestClient.Answer) async throws -> String? {
        let token = answer.json["session"]?["access_token"]?.string
        return try await TestClient(url).send("GET", "/v1/me", token: token).json["profile_id"]?.string
    }
}
