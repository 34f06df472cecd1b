import Foundation
import NIOHTTP1
import Platform
import PluginHost
import PluginKit
import Postgres
import TestKit
import Testing

/// What an operator sees of a plugin that fails: where, how, for whom, on which process, and nothing of what was asked.
@Suite("Operator's sight of plugins", .serialized)
struct PluginSightTests {
    private static let path = "/v1/operator/plugins/knowledge"
    private static let word = "a-very-private-word"

    private func with(_ body: @Sendable (TestPlatform, TestTenant, TestTenant) async throws -> Void) async throws {
        try await PluginsFolder.with { folder in
            try folder.copy("Conversations")
            try folder.copyTestPlugin("Unruly")
            try await TestPlatform.with(
                plugins: folder.path, adjust: { $0.pluginLimits.deadline = .seconds(2) }
            ) { test in
                try await body(test, try await test.tenant("one"), try await test.tenant("other"))
            }
        }
    }

    private func act(_ kind: String, _ tenant: TestTenant, _ test: TestPlatform) async throws -> TestClient.Answer {
        try await TestClient(test.url).send(
            "POST", "/v1/unruly/acts", token: tenant.token,
            body: ["kind": .string(kind), "milliseconds": .integer(3000)])
    }

    private func errors(_ path: String, _ test: TestPlatform, until count: Int) async throws -> [JSONValue] {
        func read() async throws -> [JSONValue] {
            try await TestClient(test.url).send("GET", path, token: test.operatorToken).json["data"]?.array ?? []
        }
        _ = try await eventually { try await read().count >= count }
        return try await read()
    }

    @Test("P10: What throws, is refused on our side or takes too long is listed with code, route, tenant and request")
    func errors() async throws {
        try await with { test, one, other in
            let thrown = try await act("throw", one, test)
            #expect(try await act("read", one, test).code == "elsewhere_down")
            #expect(try await act("sleep", other, test).code == "plugin_timeout")
            // An answer to the caller is no error of the plugin's.
            #expect(try await act("nonsense", one, test).status == 422)
            let found = try await errors("\(Self.path)/errors", test, until: 3)
            #expect(Set(found.compactMap { $0["code"]?.string }) == ["Mishap", "elsewhere_down", "plugin_timeout"])
            #expect(found.count == 3)
            for error in found {
                #expect(error["place"] == "POST /v1/unruly/acts" && error["plugin"] == "knowledge", "\(error)")
                #expect(error["process"] == .integer(Int64(ProcessInfo.processInfo.processIdentifier)))
                let tenant = error["code"] == "plugin_timeout" ? other.id : one.id
                #expect(error["tenant_id"] == .string(tenant.description))
            }
            let mishap = try #require(found.first { $0["code"] == "Mishap" })
            #expect(mishap["request_id"]?.string == thrown.headers.first(name: "X-Request-Id"))

            let theirs = try await errors("/v1/operator/tenants/\(other.id)/plugin-errors", test, until: 1)
            #expect(theirs.compactMap { $0["code"] } == ["plugin_timeout"])
            let tenants = try await errors("\(Self.path)/tenants", test, until: 2)
            let lasts = tenants.map { ($0["slug"]?.string, $0["last_error"]?["code"]?.string) }
            #expect(
                lasts.contains { $0 == ("one", "elsewhere_down") }
                    && lasts.contains { $0 == ("other", "plugin_timeout") })
            let shown = try await TestClient(test.url).send("GET", Self.path, token: test.operatorToken)
            #expect(shown.json["last_errors"]?.array?.count == 3)
        }
    }

    @Test("However often it fails, twenty are kept for a tenant, and of another tenant's none is lost")
    func bounded() async throws {
        try await with { test, one, other in
            #expect(try await act("throw", other, test).status == 500)
            _ = try await errors("\(Self.path)/errors", test, until: 1)
            let limit = PluginErrorLog.keptPerTenant
            for round in 0..<8 {
                for _ in 0..<5 { _ = try await act("read", one, test) }
                // Each second the newest five are written down.
                _ = try await errors("\(Self.path)/errors", test, until: min(limit, (round + 1) * 5) + 1)
            }
            let isWritten = try await eventually {
                try await test.database.asSuperuser { admin in
                    let row = try await admin.run("SELECT count(*) AS n FROM core.plugin_errors").first
                    return try row?.get("n", as: Int.self) == limit + 1
                }
            }
            #expect(isWritten)
            let others = try await errors("/v1/operator/tenants/\(other.id)/plugin-errors", test, until: 1)
            #expect(others.count == 1)
        }
    }

    @Test("P10: Every process says which version it has loaded, until it ends; what is set is counted, never shown")
    func processesAndSettings() async throws {
        try await DoorsSite.with { site in
            let (test, client) = (site.test, site.client)
            _ = try await client.send(
                "PATCH", "/v1/modules/knowledge", token: site.one.token,
                body: ["settings": ["token": .string(Self.word)]])
            @Sendable func processes() async throws -> [JSONValue] {
                let answer = try await client.send("GET", Self.path, token: test.operatorToken)
                #expect(!answer.text.contains(Self.word))
                #expect(answer.json["settings"] == [["name": "token", "is_secret": true, "tenants": 1]])
                return answer.json["processes"]?.array ?? []
            }
            let isThere = try await eventually { try await processes().count == 1 }
            #expect(isThere)
            try await test.withAnother { _ in
                let areThere = try await eventually { try await processes().count == 2 }
                #expect(areThere)
                for process in try await processes() {
                    #expect(process["kind"] == "serve" && process["version"] == "0.0.1" && process["reason"] == .null)
                }
            }
            let isGone = try await eventually { try await processes().count == 1 }
            #expect(isGone)
        }
    }

    @Test(
        "P10: A job's failure is listed with its kind and its id, by the process that ran it; the shell shows the same")
    func jobs() async throws {
        try await WorkSite.with { site in
            let job = try await site.enqueue("throw")
            func found() async throws -> JSONValue? {
                let answer = try await site.client.send("GET", "\(Self.path)/errors", token: site.operatorToken)
                return answer.json["data"]?.array?.first
            }
            let isThere = try await eventually(within: .seconds(60)) { try await found() != nil }
            #expect(isThere)
            let error = try #require(try await found())
            #expect(error["code"] == "Mishap" && error["place"] == "knowledge.act", "\(error)")
            #expect(error["request_id"] == .string(job))
            let shown = try await site.client.send("GET", Self.path, token: site.operatorToken)
            let kinds = shown.json["processes"]?.array?.compactMap { $0["kind"]?.string } ?? []
            #expect(Set(kinds) == ["serve", "work"], "\(shown.text)")

            let options = ["--data-dir", site.directory, "--plugins", site.plugins]
            let text = try await Romashka.run(["plugin", "show", "knowledge"] + options)
            #expect(
                text.status == 0 && text.output.contains("Mishap") && text.output.contains("knowledge.act"), "\(text)")
            let line = try await Romashka.run(["plugin", "show", "knowledge", "--json"] + options)
            let value = try JSONParser.parse(Array(line.output.utf8))
            #expect(value["last_errors"]?.array?.first?["code"] == "Mishap" && value["health"] == nil)
            #expect(try await Romashka.run(["plugin", "show", "nonsense"] + options).status == 64)
        }
    }
}
