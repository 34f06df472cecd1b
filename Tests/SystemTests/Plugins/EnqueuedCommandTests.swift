import Foundation
import PluginKit
import TestKit
import Testing

/// What one module has another do after its commit, and from within its jobs; by whole processes.
@Suite("Enqueued commands", .serialized)
struct EnqueuedCommandTests {
    /// Asks the courier.
    private func send(
        _ manner: String, _ key: String, on site: WorkSite, title: String = "T", token: String? = nil
    ) async throws -> TestClient.Answer {
        try await site.client.send(
            "POST", "/v1/courier/parcels", token: token ?? site.token,
            body: ["title": .string(title), "key": .string(key), "manner": .string(manner)])
    }

    private func rows(_ site: WorkSite, titled title: String = "T") async throws -> Int {
        try await site.number("SELECT count(*) FROM knowledge.knowledge_items WHERE title = \(title)")
    }

    @Test("A command runs after the commit that asked for it, once for its key and tenant; rolled back, it never does")
    func afterCommit() async throws {
        try await WorkSite.with(others: ["Courier"]) { site in
            #expect(try await send("rolled_back", "none", on: site).status == 500)
            let first = try #require(try await send("after_commit", "one", on: site).json["id"]?.string)
            let again = try #require(try await send("after_commit", "one", on: site).json["id"]?.string)
            #expect(first != again)
            for id in [first, again] {
                let job = try await site.until(id, "succeeded")
                #expect(job["kind"] == "knowledge.run_command" && job["module"] == "knowledge", "\(job)")
            }
            #expect(try await rows(site) == 1)
            // Asked for by a person and not by a job, it is the same command under the same key.
            #expect(try await send("direct", "one", on: site).status == 201)
            #expect(try await rows(site) == 1)

            let other = try await WorkSite.tenant("other", site.client, operatorToken: site.operatorToken)
            let theirs = try #require(try await send("after_commit", "one", on: site, token: other).json["id"]?.string)
            _ = try await site.until(theirs, "succeeded", token: other)
            #expect(try await rows(site) == 2)
            #expect(try await site.job(theirs)["state"] == nil)

            let reused = try #require(try await send("after_commit", "one", on: site, title: "U").json["id"]?.string)
            #expect(try await site.until(reused, "dead")["last_error"] == "refused")
            let asked = try await site.number(
                "SELECT count(*) FROM core.jobs_finished WHERE payload ->> 'asked_by' = 'courier'")
            #expect(asked == 3)
        }
    }

    @Test("P7: What nobody offers, or plugin.json does not name, is refused where it is asked for; operators see it")
    func refusals() async throws {
        try await WorkSite.with(others: ["Courier"]) { site in
            for (manner, status, code) in [
                ("unknown", 404, "command_unknown"), ("undeclared", 403, "command_undeclared"),
                ("undeclared_direct", 403, "command_undeclared"),
            ] {
                let answer = try await send(manner, "one", on: site)
                #expect(answer.status == status && answer.code == code, "\(manner): \(answer.text)")
            }
            #expect(try await rows(site) == 0)
            let isSeen = try await eventually {
                let path = "/v1/operator/plugins/courier/errors"
                let seen = try await site.client.send("GET", path, token: site.operatorToken)
                return seen.json["data"]?.array?.compactMap { $0["code"]?.string }
                    == ["command_undeclared", "command_undeclared"]
            }
            #expect(isSeen)
        }
    }

    @Test("Where the module that offers it is off, a command waits; asked for directly, it is refused")
    func switchedOff() async throws {
        try await WorkSite.with(others: ["Courier"]) { site in
            let path = "/v1/modules/knowledge"
            let off = try await site.client.send("PATCH", path, token: site.token, body: ["enabled": false])
            #expect(off.json["enabled"] == false)
            #expect(try await send("direct", "one", on: site).code == "module_disabled")
            let id = try #require(try await send("after_commit", "one", on: site).json["id"]?.string)
            // Another tenant's, enqueued later, is done while this one waits.
            let other = try await WorkSite.tenant("other", site.client, operatorToken: site.operatorToken)
            let theirs = try #require(try await send("after_commit", "one", on: site, token: other).json["id"]?.string)
            _ = try await site.until(theirs, "succeeded", token: other)
            let waiting = try await site.job(id)["state"]?.string
            #expect(waiting == "parked" || waiting == "ready", "\(waiting ?? "gone")")
            _ = try await site.client.send("PATCH", path, token: site.token, body: ["enabled": true])
            _ = try await site.until(id, "succeeded")
            #expect(try await rows(site) == 2)
        }
    }

    @Test("A job asks for a command; tried again, it is given the same answer")
    func fromJobs() async throws {
        try await WorkSite.with(others: ["Courier"]) { site in
            let id = try #require(try await send("by_job", "one", on: site).json["id"]?.string)
            let hasFailed = try await eventually(within: .seconds(60)) {
                try await site.job(id)["failures"]?.array?.count == 1
            }
            #expect(hasFailed)
            #expect(try await rows(site) == 1)
            _ = try await site.client.send("POST", "/v1/jobs/\(id)/retry", token: site.token)
            let done = try await site.until(id, "succeeded")
            #expect(done["failures"]?.array?.count == 1)
            #expect(try await rows(site) == 1)
        }
    }

    @Test("A command whose process dies between what it reads and what it writes is done by the next attempt")
    func interrupted() async throws {
        try await WorkSite.with(others: ["Courier"]) { site in
            let key = UUID().uuidString
            let id = try #require(try await send("interrupted", key, on: site).json["id"]?.string)
            _ = try await site.until(id, "succeeded", within: .seconds(120))
            #expect(try await rows(site) == 1)
        }
    }
}
