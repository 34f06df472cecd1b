import Files
import Foundation
import Platform
import PluginHost
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// Files through a plugin that was loaded from its library: `call.files`.
@Suite("Files of modules")
struct FileServiceTests {
    private func with(
        adjust: @Sendable (inout PlatformSettings) -> Void = { _ in },
        _ body: @Sendable (FileSite) async throws -> Void
    ) async throws {
        try await PluginsFolder.with { folder in
            try folder.copy("Conversations")
            try folder.copyTestPlugin("Unruly")
            try await TestPlatform.with(plugins: folder.path, adjust: adjust) { test in
                try await body(
                    FileSite(
                        test: test, tenant: try await test.tenant("acme"), other: try await test.tenant("globex"),
                        client: TestClient(test.url)))
            }
        }
    }

    private func ask(
        _ site: FileSite, _ action: String, id: String? = nil, text: String? = nil, as tenant: TestTenant? = nil
    ) async throws -> TestClient.Answer {
        var members: [JSONValue.Member] = [.init("action", .string(action))]
        if let id { members.append(.init("id", .string(id))) }
        if let text { members.append(.init("text", .string(text))) }
        return try await site.client.send(
            "POST", "/v1/unruly/files", token: (tenant ?? site.tenant).token, body: .object(members))
    }

    @Test(
        "A module stores a file, reads it, links to it and removes it; it is the tenant's, and marked with the module")
    func life() async throws {
        try await with { site in
            let stored = try await ask(site, "store", text: "from a plugin")
            #expect(stored.status == 201, "\(stored.text)")
            let id = try #require(stored.json["id"]?.string)
            let seen = try await site.send("GET", "/\(id)")
            #expect(seen.json["module"] == "knowledge" && seen.json["content_type"] == "text/plain")
            #expect(seen.json["created_by"] == .string(site.tenant.session.actor.id.description))
            #expect(try await site.send("GET", "/\(id)/content").text == "from a plugin")
            #expect(try await ask(site, "read", id: id).json["text"] == "from a plugin")
            let link = try #require(try await ask(site, "link", id: id).json["text"]?.string)
            #expect(try await site.client.send("GET", link).text == "from a plugin")
            #expect(try await ask(site, "delete", id: id).status == 201)
            #expect(try await site.client.send("GET", link).status == 404)
            #expect(try await ask(site, "read", id: id).status == 404)
            #expect(site.contents == [])
        }
    }

    @Test("What a module stores is refused as an upload is where the disk has no room but its reserve")
    func fullDisk() async throws {
        try await with(adjust: { $0.files.reserve.byteCount = .max }) { site in
            let refused = try await ask(site, "store", text: "from a plugin")
            #expect(refused.status == 503 && refused.code == "files_unavailable", "\(refused.text)")
            #expect(site.contents == [])
        }
    }

    @Test(
        "What a module stores or removes is told of in the name of whoever it does it for; a job's follows from the job"
    )
    func events() async throws {
        try await with { site in
            let (tenant, root, job) = (site.tenant.id, UUID.version7(), ID<Void>.make())
            try await site.test.database.asSuperuser { admin in
                _ = try await admin.run(
                    """
                    INSERT INTO core.jobs_running (tenant_id, id, module, kind, priority, payload, max_attempts, timeout_ms,
                                                   root, depth, worker_id, lease, charged_ms)
                    VALUES (\(tenant), \(job), 'knowledge', 'knowledge.act', 5, '{}', 1, 1000, \(root), 1::int2,
                            gen_random_uuid(), gen_random_uuid(), 1)
                    """)
            }
            let module = try #require(ModuleName("knowledge"))
            let system = Actor(kind: .system, id: ActorID(job.uuid), role: "system")
            let files = site.test.platform.files.files(of: module, for: TenantSession(verified: tenant, actor: system))
            let file = try await files.store(Array("of a job".utf8), name: "a.txt")
            try await files.delete(file.id)
            _ = try await ask(site, "store", text: "of a member")
            let told = try await site.test.database.asSuperuser { admin in
                try await admin.run(
                    """
                    SELECT type, actor_kind || ' ' || actor_id AS actor, depth::int8 AS depth, root = \(root) AS is_ours
                    FROM core.events
                    WHERE tenant_id = \(tenant) AND type LIKE 'file.%'
                    ORDER BY at, id
                    """
                ).rows.map { row in
                    let words: [String] = [try row.get("type"), try row.get("actor")]
                    return "\(words.joined(separator: " ")) \(try row.get("depth", as: Int.self)) "
                        + "\(try row.get("is_ours", as: Bool.self))"
                }
            }
            let member = site.tenant.session.actor.id
            #expect(
                told == [
                    "file.created s \(job) 2 true", "file.deleted s \(job) 2 true", "file.created m \(member) 0 false",
                ])
        }
    }

    @Test("A module reads what others stored for the same tenant, and removes only its own")
    func foreignModules() async throws {
        try await with { site in
            let id = try await site.store("by hand")
            #expect(try await ask(site, "read", id: id).json["text"] == "by hand")
            #expect(try await ask(site, "delete", id: id).status == 404)
            #expect(try await site.send("GET", "/\(id)").status == 200)
        }
    }

    @Test("In another tenant's name a module finds nothing", arguments: ["read", "delete", "link"])
    func foreignTenants(action: String) async throws {
        try await with { site in
            let id = try #require(try await ask(site, "store", text: "the canary").json["id"]?.string)
            let foreign = try await ask(site, action, id: id, as: site.other)
            let missing = try await ask(site, action, id: FileID.make().description, as: site.other)
            #expect(foreign.status == 404 && foreign.withoutRequestID == missing.withoutRequestID)
            #expect(try await ask(site, "read", id: id).json["text"] == "the canary")
        }
    }

    @Test("What a module stores is under the limits of the installation and of the tenant")
    func limits() async throws {
        try await with { site in
            try await site.limit(["storage_bytes": 10])
            #expect(try await ask(site, "store", text: String(repeating: "x", count: 11)).code == "limit_reached")
            #expect(try await ask(site, "store", text: String(repeating: "x", count: 10)).status == 201)
        }
    }
}
