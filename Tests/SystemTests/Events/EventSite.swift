import Foundation
import Identity
import Platform
@_spi(Kernel) import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// A serving platform whose modules declare events, and short ways to tell of some.
struct EventSite: Sendable {
    let people: PeopleSite

    var test: TestPlatform { people.test }
    var tenant: TestTenant { people.tenant }

    static func with(
        adjust: @Sendable (inout PlatformSettings) -> Void = { _ in },
        _ body: @Sendable (EventSite) async throws -> Void
    ) async throws {
        try await TestPlatform.with(adjust: adjust) { test in
            try await test.database.asSuperuser { admin in
                for module in ["conversations", "knowledge"] {
                    let types: JSONValue = [["type": .string("\(module).happened"), "version": 1]]
                    try await admin.run("SELECT core.declare_events(\(module), \(types), '[]'::jsonb, true)")
                }
            }
            let tenant = try await test.tenant("acme")
            try await body(
                EventSite(people: PeopleSite(test: test, tenant: tenant, client: TestClient(test.url))))
        }
    }

    /// Tells of events with these numbers, in one transaction of a module.
    func emit(
        _ numbers: ClosedRange<Int>, module: String = "conversations", assignee: String? = nil,
        of tenant: TestTenant? = nil, padding: Int = 0
    ) async throws {
        let session = (tenant ?? self.tenant).session
        guard let name = ModuleName(module) else { throw Problem.notFound }
        let tx = test.platform.databases.database(of: name).open(session, mode: .write)
        let audience: JSONValue = [
            "permission": .string("\(module).read"), "assignee": assignee.map { .string($0) } ?? .null,
        ]
        _ = try await tx.rows(
            """
            SELECT count(core.emit(
                \("\(module).happened"), \(session.actor.id.uuid),
                jsonb_build_object('n', n, 'padding', repeat('x', \(padding)::int4)), audience => \(audience)))
            FROM generate_series(\(numbers.lowerBound)::int8, \(numbers.upperBound)::int8) AS n
            """)
    }

    func listen(token: String? = nil, after id: String? = nil, at url: String? = nil) async throws -> EventListener {
        try await EventListener(url ?? test.url, token: token ?? tenant.token, after: id)
    }

    /// A person with a role of these permissions; answers their id and token.
    func person(_ name: String, _ permissions: JSONValue) async throws -> (id: String, token: String, role: String) {
        let role = try await people.send("POST", "/roles", ["name": .string(name), "permissions": permissions])
        let roleID = try #require(role.json["id"]?.string)
        let id = try await people.add(name, role: roleID)
        return (id, try await people.token(name), roleID)
    }

    /// A token of the tenant's owner that is over in so many seconds.
    func expiringToken(in seconds: TimeInterval) throws -> String {
        let id = try TokenKeyID("k1")
        let key = try TokenKey(id: id, derivedFrom: TestPlatform.master)
        let issuer = try TestPlatform.settings(test.database).issuer
        return try TokenIssuer(issuer: issuer, keys: TokenKeySet([key], active: id)).issue(
            audience: .api, subject: tenant.session.actor.id.uuid, tenant: tenant.id.uuid, session: UUID(),
            role: "owner", lifetime: seconds, now: Date())
    }

    /// A number among the metrics.
    func metric(_ name: String) async throws -> Double {
        try await Scrape(people.client, test).value(name) ?? -1
    }
}
