import Foundation
import Platform
import PluginHost
import PluginKit
import Postgres
import TestKit
import Testing

/// A plugin that does everything wrong harms itself: beside it, another one serves.
@Suite("Unruly plugin")
struct UnrulyPluginTests {
    private func with(_ body: @Sendable (TestPlatform, TestTenant, TestTenant) async throws -> Void) async throws {
        try await PluginsFolder.with { folder in
            try folder.copy("Conversations")
            try folder.copyTestPlugin("Unruly")
            try await TestPlatform.with(
                plugins: folder.path, adjust: { $0.pluginLimits.deadline = .seconds(1) }
            ) { test in
                try await body(test, try await test.tenant("one"), try await test.tenant("other"))
            }
        }
    }

    private func act(
        _ kind: String, _ tenant: TestTenant, _ test: TestPlatform, milliseconds: Int64 = 0
    ) async throws -> TestClient.Answer {
        try await TestClient(test.url).send(
            "POST", "/v1/unruly/acts", token: tenant.token,
            body: ["kind": .string(kind), "milliseconds": .integer(milliseconds)])
    }

    @Test("P10: What throws is 500 for its caller, then 503 for its tenant, and an operator sees what it was")
    func throwing() async throws {
        try await with { test, one, other in
            for _ in 0..<20 { #expect(try await act("throw", one, test).status == 500) }
            #expect(try await act("nothing", one, test).code == "plugin_failing")
            #expect(try await act("nothing", other, test).status == 201)
            let client = TestClient(test.url)
            #expect(try await client.send("GET", "/v1/customers", token: one.token).status == 200)
            let seen = try await client.send("GET", "/v1/operator/plugins/knowledge", token: test.operatorToken)
            #expect(seen.json["last_error"]?["kind"] == "Mishap")
            #expect(seen.json["last_error"]?["request_id"]?.string?.isEmpty == false)
            let metrics = try await client.send("GET", "/metrics", token: test.operatorToken)
            #expect(metrics.text.contains(#"romashka_plugin_faults_total{module="knowledge"} 20"#))
            #expect(metrics.text.contains(#"romashka_plugin_faults_total{module="conversations"} 0"#))
            #expect(!metrics.text.contains(one.id.description))
            #expect(seen.json["health"] == "The other end cannot be reached.")
            #expect(seen.json["work"]?["faults"] == 20 && seen.json["work"]?["failing_tenants"] == 1)
        }
    }

    @Test("What failed on our side may be asked for again under its key, unless something was written")
    func failuresUnderKey() async throws {
        try await with { test, one, _ in
            func send(_ kind: String) async throws -> TestClient.Answer {
                try await TestClient(test.url).send(
                    "POST", "/v1/unruly/acts", token: one.token, body: ["kind": .string(kind), "milliseconds": 0],
                    headers: [("Idempotency-Key", kind)])
            }
            var codes: [String?] = []
            // The second time "read" finds a row, and has written none still.
            for kind in ["read", "write", "write", "read", "read"] { codes.append(try await send(kind).code) }
            let down = "elsewhere_down"
            #expect(codes == [down, down, "idempotency_in_progress", down, down])
        }
    }

    @Test(
        "P9: What sleeps, blocks or computes for long is answered in time, and another plugin serves",
        arguments: [
            "sleep", "block", "spin", "hold",
        ])
    func slow(kind: String) async throws {
        try await with { test, one, other in
            try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<4 { group.addTask { try await act(kind, one, test, milliseconds: 3000).code } }
                let client = TestClient(test.url)
                for _ in 0..<20 {
                    #expect(try await client.send("GET", "/v1/customers", token: other.token).status == 200)
                }
                for try await code in group { #expect(code == "plugin_timeout") }
            }
            let holds1 = try await eventually { try await act("nothing", other, test).status == 201 }
            #expect(holds1)
        }
    }

    @Test("A command happens once for its key and its tenant, not inside of a transaction, and not without end")
    func commands() async throws {
        try await with { test, one, other in
            let client = TestClient(test.url)
            @Sendable func ask(
                _ manner: String, _ tenant: TestTenant, title: String = "T", key: String = "one"
            ) async throws -> TestClient.Answer {
                try await client.send(
                    "POST", "/v1/unruly/chains", token: tenant.token,
                    body: ["title": .string(title), "key": .string(key), "manner": .string(manner)])
            }
            let first = try await ask("plain", one)
            #expect(first.status == 201)
            #expect(try await ask("plain", one).json["id"] == first.json["id"])
            #expect(try await ask("plain", other).json["id"] != first.json["id"])
            #expect(try await ask("plain", one, title: "U").code == "idempotency_key_reused")
            #expect(try await ask("in_transaction", other, title: "V").status == 500)
            #expect(try await ask("endless", other, title: "W", key: "two").status == 500)
            #expect(try await ask("unknown", one).code == "command_unknown")
            try await test.database.asSuperuser { admin in
                let rows = try await admin.run("SELECT title FROM knowledge.knowledge_items")
                #expect(rows.count == 2)
            }
        }
    }

    @Test("A command's key is taken by what it writes: what it read before it stalled does not stand in its own way")
    func commandsThatStall() async throws {
        try await with { test, one, _ in
            let key = UUID().uuidString
            func ask(_ manner: String, _ key: String, title: String) async throws -> TestClient.Answer {
                try await TestClient(test.url).send(
                    "POST", "/v1/unruly/chains", token: one.token,
                    body: ["title": .string(title), "key": .string(key), "manner": .string(manner)])
            }
            #expect(try await ask("stalls_once", key, title: "T").code == "plugin_timeout")
            let second = try await ask("stalls_once", key, title: "T")
            #expect(second.status == 201, "\(second.text)")
            // It would refuse now, and is not asked.
            #expect(try await ask("stalls_once", key, title: "T").json["id"] == second.json["id"])
            #expect(try await ask("stalls_once", UUID().uuidString, title: "T").code == "written_already")
            // One that only reads is answered once too.
            let read = try await ask("reads", "r", title: "T")
            #expect(read.status == 201 && read.json["title"] == "1", "\(read.text)")
            #expect(try await ask("reads", "r", title: "T").json["id"] == read.json["id"])
        }
    }

    @Test("An operator pauses it within a second on another process too, and resumes it without a shell")
    func pausing() async throws {
        try await with { test, one, _ in
            try await test.withAnother { other in
                let client = TestClient(test.url)
                let path = "/v1/operator/plugins/knowledge"
                let refused = try await client.send("POST", "\(path)/pause", token: one.token, body: ["reason": "x"])
                #expect(refused.status == 401)
                let paused = try await client.send(
                    "POST", "\(path)/pause", token: test.operatorToken, body: ["reason": "it searches for too long"])
                #expect(paused.json["reason"] == "operator: it searches for too long")
                #expect(try await act("nothing", one, test).code == "plugin_paused")
                let isPausedThere = try await eventually(within: .seconds(1)) {
                    try await act("nothing", one, other).code == "plugin_paused"
                }
                #expect(isPausedThere)
                #expect(try await client.send("GET", "/v1/customers", token: one.token).status == 200)
                let resumed = try await client.send("POST", "\(path)/resume", token: test.operatorToken)
                #expect(resumed.json["state"] == "active" && resumed.json["reason"] == .null)
                #expect(try await act("nothing", one, test).status == 201)
                let isResumedThere = try await eventually(within: .seconds(1)) {
                    try await act("nothing", one, other).status == 201
                }
                #expect(isResumedThere)
            }
        }
    }
}
