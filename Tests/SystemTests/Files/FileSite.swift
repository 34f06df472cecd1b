import AsyncHTTPClient
import Files
import Foundation
import NIOCore
import NIOHTTP1
import Platform
import PluginKit
import TestKit

/// A platform with two tenants, and what their admins do with files.
struct FileSite: Sendable {
    let test: TestPlatform
    let tenant: TestTenant
    let other: TestTenant
    let client: TestClient

    static func with(
        adjust: @Sendable (inout PlatformSettings) -> Void = { _ in },
        _ body: @Sendable (FileSite) async throws -> Void
    ) async throws {
        try await TestPlatform.with(adjust: adjust) { test in
            try await body(
                FileSite(
                    test: test, tenant: try await test.tenant("acme"), other: try await test.tenant("globex"),
                    client: TestClient(test.url)))
        }
    }

    /// Sends bytes as a file.
    func upload(
        _ bytes: [UInt8], name: String = "a.bin", as tenant: TestTenant? = nil, query: String = "",
        headers: [(String, String)] = []
    ) async throws -> TestClient.Answer {
        let encoded = name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        return try await client.send(
            "POST", "/v1/files?name=\(encoded)\(query)", token: (tenant ?? self.tenant).token, raw: bytes,
            headers: headers + [("Content-Type", "image/png")])
    }

    /// Stores bytes, and answers the id.
    func store(_ text: String, name: String = "a.txt", as tenant: TestTenant? = nil) async throws -> String {
        let answer = try await upload(Array(text.utf8), name: name, as: tenant)
        guard let id = answer.json["id"]?.string else { throw Problem.notFound }
        return id
    }

    /// Asks for a path as somebody, an admin of the first tenant unless said otherwise.
    func send(
        _ method: String, _ path: String, _ body: JSONValue? = nil, as tenant: TestTenant? = nil,
        headers: [(String, String)] = []
    ) async throws -> TestClient.Answer {
        try await client.send(
            method, "/v1/files\(path)", token: (tenant ?? self.tenant).token, body: body, headers: headers)
    }

    /// A link to a file.
    func link(_ id: String, seconds: Int64 = 60, as tenant: TestTenant? = nil) async throws -> String {
        let answer = try await send("POST", "/\(id)/links", ["expires_in": .integer(seconds)], as: tenant)
        guard let url = answer.json["url"]?.string else { throw Problem.notFound }
        return url
    }

    /// The contents and uploads that are on the disk, as paths that begin behind the directory of files.
    var contents: [String] {
        let root = TestPlatform.filesDirectory(of: test.database)
        let names = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
        return names.filter { $0.utf8.count > 100 || $0.hasPrefix("incoming/") }.sorted()
    }

    /// Gives a tenant limits.
    func limit(_ limits: JSONValue) async throws {
        _ = try await client.send(
            "PATCH", "/v1/operator/tenants/\(tenant.id)", token: test.operatorToken, body: ["limits": limits])
    }
}
