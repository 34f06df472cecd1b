import Foundation
import HTTP
import PluginKit
import Tenancy
import TestKit
import Testing

/// The site with a third module, made from the template: with a command, settings, a secret, a hook and assets.
extension IsolationSite {
    /// Its own, because the module's roles belong to a whole server.
    private static let server = Task { try await TestServer.start() }

    /// Serves the three modules to both tenants, each with the third one's settings, secret, note and address.
    static func withThirdModule(_ body: @Sendable (IsolationSite) async throws -> Void) async throws {
        let sample = try await blocking { try SamplePlugin.folder() }
        try await PluginsFolder.with { folder in
            try folder.copy("Conversations")
            try folder.copy("Knowledge")
            try FileManager.default.copyItem(atPath: sample, toPath: "\(folder.path)/Sample")
            try await TestPlatform.with(plugins: folder.path, migratedOn: try await server.value) { test in
                let site = try await made(test) { try await handles($0, $1) }
                try await body(site)
            }
        }
    }

    /// What signs the notes that come to a tenant from elsewhere; the tenant's word stands in it.
    static func secret(of tenant: TestTenant) -> String { "secret-of-\(tenant.slug)" }

    /// Gives tenants what only the API can make of the third module.
    ///
    /// - Returns: the paths of the addresses.
    private static func handles(_ client: TestClient, _ tenants: [TestTenant]) async throws -> [String] {
        var paths: [String] = []
        for tenant in tenants {
            let set = try await client.send(
                "PATCH", "/v1/modules/sample", token: tenant.token,
                body: ["settings": ["greeting": .string(tenant.slug), "token": .string(secret(of: tenant))]])
            #expect(set.status == 200, "\(set.text)")
            let written = try await client.send(
                "POST", "/v1/sample/notes", token: tenant.token, body: ["text": .string(tenant.slug)])
            #expect(written.status == 201, "\(written.text)")
            let address = try await client.send(
                "POST", "/v1/hooks", token: tenant.token,
                body: ["hook": "sample.note", "name": .string(tenant.slug)])
            paths.append(try #require(address.json["path"]?.string, "\(address.text)"))
        }
        return paths
    }

    /// The routes for sessions of the third module, and the kernel's that serve what modules declare.
    var moduleRoutes: [MountedRoute] { tenantRoutes.filter(\.servesDeclarations) }
}

extension MountedRoute {
    /// Whether it is of neither module that every site has, or serves what modules declare, or files.
    var servesDeclarations: Bool {
        if let module { return !["conversations", "knowledge"].contains(module.name.description) }
        return ["/v1/modules", "/v1/commands", "/v1/hooks", "/v1/ui", "/v1/files", "/hooks/", "/files/"]
            .contains { path.hasPrefix($0) }
    }
}
