import Jobs
@_spi(Kernel) import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// A job's steps: what each writes and the note that it is done are one transaction.
@Suite("Job steps")
struct JobStepTests {
    private static func writing(_ title: String, _ tenant: TenantID) -> SQL {
        "INSERT INTO knowledge.knowledge_items (tenant_id, id, title) VALUES (\(tenant), \(ID<Void>.make()), \(title))"
    }

    /// How many rows of a title there are.
    private static func count(_ title: String, _ site: JobSite) async throws -> Int {
        try await site.database.asSuperuser { admin in
            try await admin.run("SELECT FROM knowledge.knowledge_items WHERE title = \(title)").count
        }
    }

    @Test("J11: A step that is done is not done again when the job is tried again, and what it wrote is there once")
    func steps() async throws {
        try await JobSite.with { site in
            let calls = Notebook<String>()
            try await site.working(retries: .fixed(.zero)) { run, _ in
                let first = try await run.step("first") {
                    calls.note("first")
                    return ([Self.writing("first", run.tenant)], ["n": 41])
                }
                try await run.step("second") {
                    calls.note("second \(first["n"] == 41)")
                    if run.attempt == 1 { throw Problem.notFound }
                    return ([Self.writing("second", run.tenant)], .null)
                }
            } while: { _ in
                try await site.enqueue(site.tenants[0])
                try await site.untilFinished(1)
            }
            #expect(calls.entries == ["first", "second true", "second true"])
            for title in ["first", "second"] { #expect(try await Self.count(title, site) == 1, "\(title)") }
        }
    }

    @Test("J11: A step whose statement fails leaves neither what it wrote before nor its note, and is done again")
    func failing() async throws {
        try await JobSite.with { site in
            let (calls, found) = (Notebook<Int>(), Notebook<Int>())
            try await site.working(retries: .fixed(.zero)) { run, _ in
                found.note(try await Self.count("failing", site))
                try await run.step("only") {
                    calls.note(run.attempt)
                    let broken: [SQL] = run.attempt == 1 ? ["SELECT 1 / 0"] : []
                    return ([Self.writing("failing", run.tenant)] + broken, ["n": 1])
                }
            } while: { _ in
                try await site.enqueue(site.tenants[0])
                try await site.untilFinished(1)
            }
            #expect(calls.entries == [1, 2] && found.entries == [0, 0])
            #expect(try await Self.count("failing", site) == 1)
        }
    }

    @Test("J11: A step of a job that is somebody else's by now writes nothing, because it cannot be noted")
    func lost() async throws {
        try await JobSite.with { site in
            let errors = Notebook<String>()
            try await site.working { run, _ in
                try await site.database.asSuperuser { admin in
                    _ = try await admin.run("UPDATE core.jobs_running SET lease = gen_random_uuid()")
                }
                do {
                    try await run.step("only") { ([Self.writing("lost", run.tenant)], .null) }
                } catch {
                    errors.note("\(type(of: error))")
                    throw error
                }
            } while: { _ in
                try await site.enqueue(site.tenants[0])
                let hasFailed = try await eventually { !errors.entries.isEmpty }
                #expect(hasFailed)
            }
            #expect(errors.entries == ["JobLeaseLost"])
            #expect(try await Self.count("lost", site) == 0)
        }
    }
}
