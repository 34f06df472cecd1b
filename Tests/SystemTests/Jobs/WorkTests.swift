import Foundation
import PluginKit
import Postgres
import TestKit
import Testing

/// Whole processes: what a plugin's jobs do to theirs, and to nobody else's.
@Suite("Work", .serialized)
struct WorkTests {
    @Test("J7: Killed, a process loses no job and does none twice; what it had runs again at once")
    func killed() async throws {
        try await WorkSite.with { site in
            try await site.flood("sleep", 100, count: 400)
            for _ in 0..<3 {
                let isThere = try await eventually { try await !site.workers().isEmpty }
                #expect(isThere)
                let done = try await site.number("SELECT count(*) FROM core.jobs_finished")
                let goesOn = try await eventually {
                    try await site.number("SELECT count(*) FROM core.jobs_finished") > done
                }
                #expect(goesOn)
                if let process = try await site.workers().last { kill(process, SIGKILL) }
            }
            let isDone = try await eventually(within: .seconds(90)) {
                try await site.number("SELECT count(*) FROM core.jobs_finished") == 400
            }
            #expect(isDone)
            #expect(try await site.number("SELECT count(*) FROM knowledge.knowledge_items") == 400)
            #expect(try await site.number("SELECT count(DISTINCT title) FROM knowledge.knowledge_items") == 400)
        }
    }

    @Test(
        "P6, P8: A trap ends its own process only; at the third the plugin is paused, its jobs are kept, and resumed they run"
    )
    func trapping() async throws {
        try await WorkSite.with { site in
            let bad = try await site.enqueue("trap", 1)
            let isPaused = try await eventually(within: .seconds(90)) {
                let seen = try await site.client.send(
                    "GET", "/v1/operator/plugins/knowledge", token: site.operatorToken)
                return seen.json["state"] == "paused"
            }
            #expect(isPaused)
            // The server is not the process that trapped.
            #expect(try await site.client.send("GET", "/v1/customers", token: site.token).status == 200)
            let seen = try await site.job(bad)
            // Where a process takes long to die, its last words may be that the job took too long.
            let codes = seen["failures"]?.array?.compactMap { $0["code"]?.string } ?? []
            #expect(codes.contains("process_ended"), "\(seen)")
            let cancelled = try await site.client.send("POST", "/v1/jobs/\(bad)/cancel", token: site.token)
            #expect(cancelled.json["state"] == "cancelled", "\(cancelled.json)")
            try await site.flood("nothing", 0, count: 3)
            let resumed = try await site.client.send(
                "POST", "/v1/operator/plugins/knowledge/resume", token: site.operatorToken)
            #expect(resumed.json["state"] == "active")
            let isDone = try await eventually {
                try await site.number("SELECT count(*) FROM core.jobs_finished WHERE outcome = 'succeeded'") == 3
            }
            #expect(isDone)
        }
    }

    @Test(
        "J10: A job that keeps failing is a dead letter with every attempt, and can be run again",
        arguments: ["throw", "block"])
    func failing(kind: String) async throws {
        try await WorkSite.with { site in
            let id = try await site.enqueue(kind, 4000)
            for attempt in 1...4 {
                let isNoted = try await eventually(within: .seconds(60)) {
                    try await site.job(id)["failures"]?.array?.count == attempt
                }
                #expect(isNoted)
                // Not to wait out the pauses between attempts.
                if attempt < 4 { _ = try await site.client.send("POST", "/v1/jobs/\(id)/retry", token: site.token) }
            }
            let dead = try await site.until(id, "dead")
            #expect(dead["last_error"]?.string == (kind == "throw" ? "Mishap" : "timeout"), "\(dead)")
            let other = try await site.enqueue("nothing")
            _ = try await site.until(other, "succeeded")
            let redriven = try await site.client.send(
                "POST", "/v1/jobs/redrive", token: site.token, body: ["module": "knowledge"])
            #expect(redriven.json["jobs"] == 1)
            #expect(try await site.job(id)["state"] != "dead")
        }
    }

    @Test(
        "P9: Jobs that open transactions and leave them hold up nobody; at their deadline the connections are back",
        .timeLimit(.minutes(15)))
    func holding() async throws {
        try await WorkSite.with(others: ["Courier"]) { site in
            let other = try await WorkSite.tenant("other", site.client, operatorToken: site.operatorToken)
            // Many times as many as a process may lease, so that there are some all the time.
            try await site.flood("hold", 120_000, count: 6000)
            let areHeld = try await eventually(within: .seconds(60)) { try await held(site) > 1 }
            #expect(areHeld)
            let parcel = try await site.client.send(
                "POST", "/v1/courier/parcels", token: other, body: ["title": "T", "key": "one", "manner": "by_job"])
            let id = try #require(parcel.json["id"]?.string, "\(parcel.text)")
            for _ in 0..<20 {
                #expect(try await site.client.send("GET", "/v1/customers", token: other).status == 200)
            }
            let delivered = try await site.until(id, "succeeded", token: other)
            #expect(delivered["kind"] == "courier.deliver", "\(delivered)")
            #expect(try await site.number("SELECT count(*) FROM core.jobs_ready WHERE kind = 'knowledge.act'") > 0)
            // Whose transactions they are is told by where it took too long.
            let isSeen = try await eventually(within: .seconds(60)) {
                let errors = try await site.client.send(
                    "GET", "/v1/operator/plugins/knowledge/errors", token: site.operatorToken)
                return errors.json["data"]?.array?.contains {
                    $0["code"] == "plugin_timeout" && $0["place"] == "knowledge.act"
                } == true
            }
            #expect(isSeen)
            let areBack = try await eventually(within: .seconds(60)) {
                let left = try await takeOut(site)
                let open = try await held(site)
                return left == 0 && open == 0
            }
            #expect(areBack)
            // The next one that wants a connection has one, and no process had to end for it.
            let last = try await site.enqueue("hold", 0)
            _ = try await site.until(last, "succeeded")
            #expect(try await site.number("SELECT count(*) FROM core.plugin_crashes") == 0)
        }
    }

    /// The transactions of the plugin that are open while nothing is done in them.
    private func held(_ site: WorkSite) async throws -> Int {
        try await site.number(
            """
            SELECT count(*)
            FROM pg_stat_activity
            WHERE usename = 'romashka_m_knowledge' AND state = 'idle in transaction'
            """)
    }

    /// Takes out what has not begun, and what is to be tried again; answers how many there are still.
    private func takeOut(_ site: WorkSite) async throws -> Int {
        try await site.asSuperuser { admin in
            for table in ["jobs_ready", "jobs_waiting"] {
                _ = try await admin.run("DELETE FROM core.\(unsafeSQL: table) WHERE kind = 'knowledge.act'")
            }
        }
        return try await site.number(
            """
            SELECT count(*)
            FROM (
                SELECT kind FROM core.jobs_ready
                UNION ALL
                SELECT kind FROM core.jobs_waiting
                UNION ALL
                SELECT kind FROM core.jobs_running
            ) AS job
            WHERE kind = 'knowledge.act'
            """)
    }

    @Test("J9: Told to end, it lets jobs end; what does not is given back, and the attempt does not count")
    func draining() async throws {
        try await WorkSite.with { site in
            let short = try await site.enqueue("sleep", 1000)
            let isBegun = try await eventually { try await site.job(short)["state"] == "running" }
            #expect(isBegun)
            if let process = try await site.workers().last { kill(process, SIGTERM) }
            let done = try await site.until(short, "succeeded")
            #expect(done["attempt"] == 1)
        }
    }

    @Test("A process that runs jobs stands back for requests: every thread, and its session")
    func standsBack() async throws {
        try await WorkSite.with { site in
            try await site.enqueue("sleep", 1000)
            let worker = try await eventually { try await !site.workers().isEmpty }
            #expect(worker)
            let process = try #require(try await site.workers().last)
            let isSo = try await eventually {
                let threads = try Self.niceness(of: process)
                return threads.count > 2 && threads.allSatisfy { $0 == 5 }
            }
            #expect(isSo)
            #expect(getsid(process) == process)
            if FileManager.default.fileExists(atPath: "/proc/\(process)/autogroup") {
                let group = try String(contentsOfFile: "/proc/\(process)/autogroup", encoding: .utf8)
                #expect(group.hasSuffix(" nice 5\n"))
            }
        }
    }

    @Test("A process for jobs is known by the id that it was started with")
    func known() async throws {
        try await WorkSite.with { site in
            try await site.enqueue("sleep", 1000)
            let isThere = try await eventually { try await !site.workers().isEmpty }
            #expect(isThere)
            let process = try #require(try await site.workers().last)
            let arguments = try String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)
                .split(separator: "\0")
            let id = try #require(arguments.last.flatMap { UUID(uuidString: String($0)) })
            #expect(try await site.number("SELECT count(*) FROM core.job_workers WHERE id = \(id)") == 1)
        }
    }

    @Test("J9: Told to end, it ends processes that do not; nothing counts against the job or the plugin")
    func stubborn() async throws {
        try await WorkSite.with { site in
            let id = try await site.enqueue("sleep", 1000)
            let isBegun = try await eventually { try await site.job(id)["state"] == "running" }
            #expect(isBegun)
            let child = try #require(try await site.workers().last)
            // It hears no signal but the one that nobody can ignore.
            kill(child, SIGSTOP)
            let status = try String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)
            let parent = try #require(status.split(separator: ")").last?.split(separator: " ").dropFirst().first)
            kill(try #require(Int32(parent)), SIGTERM)
            let isGone = try await eventually(within: .seconds(60)) { kill(child, 0) != 0 }
            #expect(isGone)
            // `up` begins anew with another process, which does what was given back.
            let done = try await site.until(id, "succeeded")
            #expect(done["attempt"] == 1 && done["failures"]?.array == [], "\(done)")
            #expect(try await site.number("SELECT count(*) FROM core.plugin_crashes") == 0)
        }
    }

    /// Of each thread: the 19th field of /proc/[pid]/task/[tid]/stat, proc(5).
    private static func niceness(of process: Int32) throws -> [Int] {
        let folder = "/proc/\(process)/task"
        return try FileManager.default.contentsOfDirectory(atPath: folder).compactMap { thread in
            guard let line = try? String(contentsOfFile: "\(folder)/\(thread)/stat", encoding: .utf8) else {
                return nil
            }
            // The name, in parentheses, may have spaces.
            let fields = line[(line.lastIndex(of: ")") ?? line.startIndex)...].split(separator: " ")
            return fields.count > 17 ? Int(fields[17]) : nil
        }
    }
}
