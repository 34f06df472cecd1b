import PluginKit
import TestKit
import Testing

/// A serving platform with one tenant, and short ways to do what its people do.
struct PeopleSite: Sendable {
    let test: TestPlatform
    let tenant: TestTenant
    let client: TestClient

    static let password = "correct horse battery"

    static func with(_ body: @Sendable (PeopleSite) async throws -> Void) async throws {
        try await TestPlatform.with { test in
            let tenant = try await test.tenant("acme")
            try await body(PeopleSite(test: test, tenant: tenant, client: TestClient(test.url)))
        }
    }

    /// Sends a request of the tenant's owner, or of whoever has `token`.
    func send(
        _ method: String, _ path: String, _ body: JSONValue? = nil, token: String? = nil
    ) async throws -> TestClient.Answer {
        try await client.send(method, "/v1" + path, token: token ?? tenant.token, body: body)
    }

    /// Adds a person; answers their id.
    @discardableResult
    func add(_ name: String, role: String) async throws -> String {
        let answer = try await send(
            "POST", "/members",
            [
                "email": .string("\(name)@acme.example"), "name": .string(name), "password": .string(Self.password),
                "role": .string(role),
            ])
        #expect(answer.status == 201, "\(answer.text)")
        return try #require(answer.json["id"]?.string)
    }

    /// Logs somebody in.
    func login(_ name: String, password: String = password, code: String? = nil) async throws -> TestClient.Answer {
        var members: [JSONValue.Member] = [
            .init("email", .string("\(name)@acme.example")), .init("password", .string(password)),
            .init("tenant", .string(tenant.slug)),
        ]
        if let code { members.append(.init("code", .string(code))) }
        return try await client.send("POST", "/v1/auth/login", body: .object(members))
    }

    /// The access token of a login that must succeed.
    func token(_ name: String) async throws -> String {
        try #require(try await login(name).json["access_token"]?.string)
    }
}
