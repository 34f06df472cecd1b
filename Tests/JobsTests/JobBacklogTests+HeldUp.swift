import Foundation
import Jobs
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// Jobs that go on in others where there is no room for these.
extension JobBacklogTests {
    /// Enqueues a job that goes on in another, where there is no room for that: twice as many as may wait for later.
    private static func crowd(_ site: JobSite, _ keeper: BacklogKeeper) async throws -> UUID {
        let later = Timestamp.now().advanced(by: .seconds(3600))
        for _ in 0..<4 { try await site.enqueue(site.tenants[0]) { $0.runAt = later } }
        let id = try await site.enqueue(site.tenants[0], ["n": 1])
        #expect(try await keeper.count() == 1)
        return id
    }

    /// What the job does: number 1 goes on in number 2, which does nothing.
    private static func goOn(_ run: JobRun, _ input: JSONValue) async throws {
        guard Int(field: input["n"]) == 1 else { return }
        try await run.finish(["SELECT \(JobRequest("knowledge.work", ["n": 2]).enqueuing) AS id"])
    }

    /// For how many seconds a job is put off, once it is.
    private static func pause(of id: UUID, _ site: JobSite) async throws -> Double {
        var seconds: Double?
        let isPutOff = try await eventually {
            let result = try await site.worker.run([
                """
                SELECT EXTRACT(epoch FROM run_at - clock_timestamp())::float8 AS seconds
                FROM core.jobs_waiting
                WHERE id = \(id) AND run_at > clock_timestamp() + interval '15 seconds'
                """
            ])[0]
            seconds = try result.first?.get("seconds", as: Double.self)
            return seconds != nil
        }
        #expect(isPutOff)
        return seconds ?? 0
    }

    /// Has a job that is put off begin now, as if it had been held up for so long.
    private static func hasten(_ id: UUID, heldUpFor time: SQL, _ site: JobSite) async throws {
        try await site.database.asSuperuser { admin in
            let hastened = try await admin.run(
                """
                UPDATE core.jobs_waiting
                SET run_at = clock_timestamp(),
                    failures = jsonb_set(failures, '{-1,at}', to_jsonb(clock_timestamp() - \(time)))
                WHERE id = \(id)
                """)
            #expect(hastened.affected == 1)
        }
    }

    @Test("A job that finds no room for what it goes on in loses no attempt, and goes on once there is some")
    func heldUp() async throws {
        try await with(limit: 2, attempts: 2) { site, keeper in
            let id = try await Self.crowd(site, keeper)
            let attempts = Notebook<Int>()
            try await site.working { run, input in
                attempts.note(run.attempt)
                try await Self.goOn(run, input)
            } while: { _ in
                for _ in 0..<2 {
                    _ = try await Self.pause(of: id, site)
                    try await Self.hasten(id, heldUpFor: "interval '0'", site)
                }
                _ = try await Self.pause(of: id, site)
                let noted = try await site.worker.run([
                    """
                    SELECT attempt::int8 AS attempt, jsonb_array_length(failures)::int8 AS failures,
                           failures -> 0 ->> 'code' AS code
                    FROM core.jobs_waiting
                    WHERE id = \(id)
                    """
                ])[0].first
                #expect(try noted?.get("attempt", as: Int.self) == 0 && noted?.get("failures", as: Int.self) == 1)
                #expect(try noted?.get("code", as: String.self) == "held_up")
                try await Self.limit(site, to: 100)
                let full = try await keeper.count()
                #expect(full == 0)
                try await Self.hasten(id, heldUpFor: "interval '0'", site)
                try await site.untilFinished(2)
            }
            #expect(attempts.entries == [1, 1, 1, 1, 1])
        }
    }

    @Test("The longer a job is held up, the more rarely it is tried; after a day the attempt counts")
    func heldUpForLong() async throws {
        try await with(limit: 2, attempts: 2) { site, keeper in
            let id = try await Self.crowd(site, keeper)
            try await site.working { run, input in
                try await Self.goOn(run, input)
            } while: { _ in
                let first = try await Self.pause(of: id, site)
                var pauses = [first]
                for time: SQL in ["interval '5 minutes'", "interval '3 hours'"] {
                    try await Self.hasten(id, heldUpFor: time, site)
                    pauses.append(try await Self.pause(of: id, site))
                }
                // Each is a tenth more or less.
                #expect((15...34).contains(pauses[0]) && (255...400).contains(pauses[1]), "\(pauses)")
                #expect((500...661).contains(pauses[2]), "\(pauses)")
                try await Self.hasten(id, heldUpFor: "interval '25 hours'", site)
                let counts = try await eventually {
                    try await Self.failures(of: id, "core.jobs_waiting", site) == Self.heldUpOnce
                }
                #expect(counts)
            }
        }
    }

    private static let heldUpOnce = ["held_up", "job_backlog_full"]

    private static func failures(of id: UUID, _ place: SQL, _ site: JobSite) async throws -> [String] {
        let result = try await site.worker.run([
            """
            SELECT failure ->> 'code' AS code
            FROM \(place) AS j
            CROSS JOIN jsonb_array_elements(j.failures) WITH ORDINALITY AS given (failure, place)
            WHERE j.id = \(id)
            ORDER BY given.place
            LIMIT 2
            """
        ])[0]
        return try result.rows.map { try $0.get("code") }
    }

    @Test("A job that is tried once at most is not tried again, whatever it lacked")
    func tried() async throws {
        try await with(limit: 2, attempts: 1) { site, keeper in
            let id = try await Self.crowd(site, keeper)
            try await site.working { run, input in
                try await Self.goOn(run, input)
            } while: { _ in
                let isDead = try await eventually { try await site.count("dead") == 1 }
                #expect(isDead)
            }
            #expect(try await Self.failures(of: id, "core.jobs_dead", site) == ["job_backlog_full"])
        }
    }
}
