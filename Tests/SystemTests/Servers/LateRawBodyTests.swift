import Identity
import Platform
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// The same for bodies that are read as they are: those of hooks, of raw routes and of files.
@Suite("Late raw bodies")
struct LateRawBodyTests {
    private static let text = "keep what came too late"

    /// What ends while a call of a hook is on its way.
    enum HookEnd: String, CaseIterable {
        case addressRemoved, tokenRotated, moduleOff, tenantSuspended

        /// What the sender is told.
        var code: String {
            switch self {
            case .addressRemoved, .tokenRotated: "not_found"
            case .moduleOff: "module_disabled"
            case .tenantSuspended: "tenant_suspended"
            }
        }

        func happen(_ site: DoorsSite, _ id: String) async throws {
            let token = site.one.token
            switch self {
            case .addressRemoved: _ = try await site.client.send("DELETE", "/v1/hooks/\(id)", token: token)
            case .tokenRotated: _ = try await site.client.send("POST", "/v1/hooks/\(id)/rotate", token: token)
            case .moduleOff:
                _ = try await site.client.send("PATCH", "/v1/modules/knowledge", token: token, body: ["enabled": false])
            case .tenantSuspended:
                let path = "/v1/operator/tenants/\(site.one.id)/suspend"
                _ = try await site.client.send("POST", path, token: site.test.operatorToken)
            }
            try await site.test.platform.control.refresh()
        }
    }

    /// What ends while bytes of a member or a key are on their way.
    enum SenderEnd: String, CaseIterable {
        case memberDisabled, memberDemoted, keyEnded, tenantSuspended

        /// What the sender is told.
        var code: String { self == .tenantSuspended ? "tenant_suspended" : "unauthenticated" }

        /// Makes the sender, whose key has this permission; answers the token, and what ends it.
        func prepare(
            _ site: PeopleSite, permission: String
        ) async throws -> (token: String, end: () async throws -> Void) {
            let id = try await site.add("grace", role: "agent")
            let member = try await site.token("grace")
            let wanted: JSONValue = ["name": "k", "permissions": [.string(permission)]]
            let key = try await site.send("POST", "/api-keys", wanted).json
            let end: () async throws -> Void = {
                switch self {
                case .memberDisabled: _ = try await site.send("PATCH", "/members/\(id)", ["status": "disabled"])
                case .memberDemoted: _ = try await site.send("PATCH", "/members/\(id)", ["role": "viewer"])
                case .keyEnded: _ = try await site.send("DELETE", "/api-keys/\(key["id"]?.string ?? "")")
                case .tenantSuspended:
                    let path = "/v1/operator/tenants/\(site.tenant.id)/suspend"
                    _ = try await site.client.send("POST", path, token: site.test.operatorToken)
                }
                try await site.test.platform.control.refresh()
            }
            return (self == .keyEnded ? try #require(key["key"]?.string) : member, end)
        }
    }

    private static func count(_ rows: SQL, _ test: TestPlatform) async throws -> Int {
        try await test.database.asSuperuser { admin in try await admin.run(rows).count }
    }

    private static func articles(_ site: DoorsSite) async throws -> Int {
        try await count("SELECT FROM knowledge.knowledge_items", site.test)
    }

    /// A call of an address that is under way before anything else happens.
    private static func call(
        _ path: String, _ site: DoorsSite, _ meanwhile: () async throws -> Void = {}
    ) async throws -> String {
        try await LateBody(text: text, path: path, url: site.test.url, contentType: "text/plain").send {
            let isFound = try await eventually {
                let listed = try await site.client.send("GET", "/v1/hooks", token: site.one.token)
                return listed.json["data"]?.array?.first?["last_used_at"]?.string != nil
            }
            #expect(isFound)
            try await meanwhile()
        }
    }

    @Test("A hook whose address, module or tenant ended before the body came does nothing", arguments: HookEnd.allCases)
    func hooks(end: HookEnd) async throws {
        try await DoorsSite.with { site in
            let (id, path) = try await site.address("knowledge.write", of: site.one)
            let answer = try await Self.call(path, site) { try await end.happen(site, id) }
            #expect(answer.contains(#""code":"\#(end.code)""#), "\(answer)")
            let articles = try await Self.articles(site)
            #expect(articles == 0)
        }
    }

    @Test("Bytes for a route of a module whose sender ended before they came do nothing", arguments: SenderEnd.allCases)
    func rawRoutes(end: SenderEnd) async throws {
        try await DoorsSite.with { site in
            let people = PeopleSite(test: site.test, tenant: site.one, client: site.client)
            let sender = try await end.prepare(people, permission: "knowledge.read")
            let late = LateBody(
                text: Self.text, path: "/v1/doors/raw", url: site.test.url, token: sender.token,
                contentType: "text/plain")
            let answer = try await late.send { try await sender.end() }
            #expect(answer.contains(#""code":"\#(end.code)""#), "\(answer)")
            let articles = try await Self.articles(site)
            #expect(articles == 0)
        }
    }

    @Test("Bytes for a route of a module that was switched off before they came do nothing")
    func rawRouteOfModule() async throws {
        try await DoorsSite.with { site in
            let late = LateBody(
                text: Self.text, path: "/v1/doors/raw", url: site.test.url, token: site.one.token,
                contentType: "text/plain")
            let answer = try await late.send { try await HookEnd.moduleOff.happen(site, "") }
            #expect(answer.contains(#""code":"module_disabled""#), "\(answer)")
            let articles = try await Self.articles(site)
            #expect(articles == 0)
        }
    }

    @Test("Hooks and raw routes whose body is late and whose sender stands are done")
    func standing() async throws {
        try await DoorsSite.with { site in
            let path = try await site.address("knowledge.write", of: site.one).path
            let called = try await Self.call(path, site)
            #expect(called.contains("HTTP/1.1 202 "), "\(called)")
            let sent = try await LateBody(
                text: Self.text, path: "/v1/doors/raw", url: site.test.url, token: site.one.token,
                contentType: "text/plain"
            ).send {}
            #expect(sent.contains("HTTP/1.1 200 "), "\(sent)")
            let articles = try await Self.articles(site)
            #expect(articles == 2)
        }
    }

    /// An upload of which some bytes have come before anything else happens.
    private static func upload(
        _ site: PeopleSite, token: String, _ meanwhile: () async throws -> Void = {}
    ) async throws -> (answer: String, contents: [String]) {
        let files = FileSite(test: site.test, tenant: site.tenant, other: site.tenant, client: site.client)
        let late = LateBody(
            text: text, path: "/v1/files?name=late", url: site.test.url, token: token, contentType: "text/plain")
        let answer = try await late.send {
            let isTaken = try await eventually { !files.contents.isEmpty }
            #expect(isTaken)
            try await meanwhile()
        }
        return (answer, files.contents)
    }

    @Test("A file whose sender ended before its bytes came is not stored", arguments: SenderEnd.allCases)
    func uploads(end: SenderEnd) async throws {
        try await PeopleSite.with { site in
            let sender = try await end.prepare(site, permission: "files.write")
            let (answer, contents) = try await Self.upload(site, token: sender.token) { try await sender.end() }
            #expect(answer.contains(#""code":"\#(end.code)""#), "\(answer)")
            #expect(contents == [])
            let files = try await Self.count("SELECT FROM core.files", site.test)
            #expect(files == 0)
        }
    }

    @Test("A file whose bytes are late and whose sender stands is stored")
    func standingUpload() async throws {
        try await PeopleSite.with { site in
            let (answer, contents) = try await Self.upload(site, token: site.tenant.token)
            #expect(answer.contains("HTTP/1.1 201 "), "\(answer)")
            #expect(contents.count == 1)
        }
    }
}
