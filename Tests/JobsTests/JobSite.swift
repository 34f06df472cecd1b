import Foundation
import Jobs
import Logging
import Migrations
import Observability
import PluginHost
@_spi(Kernel) import PluginKit
import Postgres
import ServiceLifecycle
import Synchronization
import Tenancy
import TestKit
import Testing

/// A migrated database with a few tenants, on which workers run jobs that a test writes itself.
struct JobSite: Sendable {
    static let module = "knowledge"

    let database: TestDatabase
    let databases: Databases
    let tenants: [TenantID]
    let logger = Logger(label: "test") { StreamLogHandler.standardError(label: $0) }

    var worker: PipelineConnection { databases.pipeline(of: .worker) }
    var desk: JobDesk { JobDesk(pipeline: worker, leases: databases.leases) }
    let name: ModuleName

    /// Runs a test with so many tenants; every kind it names may be tried `attempts` times.
    static func with<Value: Sendable>(
        tenants count: Int = 2, kinds: [String] = ["knowledge.work"], attempts: Int = 3,
        timeout: Duration = .seconds(30),
        _ body: @Sendable (JobSite) async throws -> Value
    ) async throws -> Value {
        let template = try await TemplateDatabase.name(mode: .privileged)
        return try await TestDatabase.with(template: template) { database in
            let databases = try Databases(
                server: database.settings, master: TestPlatform.master, statementTimeout: TestPlatform.statementTimeout,
                logger: database.server.logger)
            defer { databases.close() }
            let tenants = (0..<count).map { _ in TenantID.make() }
            try await database.server.asSuperuser(database: database.name) { admin in
                for (index, tenant) in tenants.enumerated() {
                    try await admin.run(
                        "INSERT INTO core.tenants (id, slug, name) VALUES (\(tenant), \("t\(index)"), \("T\(index)"))")
                }
                let declared = JSONValue.array(
                    kinds.map {
                        [
                            "kind": .string($0), "attempts": .integer(Int64(attempts)),
                            "timeout_ms": .integer(Int64(timeout / .milliseconds(1))),
                        ]
                    })
                try await admin.run("SELECT core.declare_jobs(\(module), \(declared))")
            }
            guard let name = ModuleName(module) else { throw Problem.notFound }
            return try await body(
                JobSite(database: database, databases: databases, tenants: tenants, name: name))
        }
    }

    /// What counts jobs for the metrics of a process.
    func census(in registry: MetricRegistry) -> JobCensus {
        JobCensus(pipeline: worker, leases: databases.leases, in: registry, logger: logger)
    }

    /// A tenant's data, as a member of it has it.
    func tx(_ tenant: TenantID) -> TenantTx {
        let actor = Actor(kind: .member, id: .make(), role: "admin")
        return databases.database(of: name).open(TenantSession(verified: tenant, actor: actor), mode: .write)
    }

    /// Enqueues a job in a transaction of its own.
    @discardableResult
    func enqueue(
        _ tenant: TenantID, _ input: JSONValue = [:], kind: String = "knowledge.work",
        _ adjust: (inout JobRequest) -> Void = { _ in }
    ) async throws -> UUID {
        var request = JobRequest(kind, input)
        adjust(&request)
        let rows = try await tx(tenant).rows("SELECT \(request.enqueuing) AS id")
        guard let row = rows.first else { throw Problem.notFound }
        return try row.get("id")
    }

    /// What may begin now, for a worker; nothing when another one claims at the same moment.
    func claim(
        _ slots: Int = 100, for worker: UUID = UUID(), from queue: JobQueue? = nil
    ) async throws -> [ClaimedJob] {
        let queue = queue ?? JobQueue(module: name, pipeline: self.worker)
        guard case .jobs(let jobs) = try await queue.claim(slots, for: worker, settling: [:]) else { return [] }
        return jobs
    }

    /// So many jobs, a thousand in a statement.
    func flood(_ tenant: TenantID, _ count: Int, kind: String = "knowledge.work") async throws {
        for first in stride(from: 1, through: count, by: 1_000) {
            _ = try await tx(tenant).leased { tx in
                try await tx.rows(
                    """
                    SELECT count(core.enqueue(\(kind), jsonb_build_object('n', n)))
                    FROM generate_series(\(first)::int8, \(min(first + 999, count))::int8) AS n
                    """)
            }
        }
    }

    /// How many jobs lie in a table.
    func count(_ table: String) async throws -> Int {
        try await database.server.asSuperuser(database: database.name) { admin in
            try await admin.run("SELECT count(*) AS jobs FROM core.\(unsafeSQL: "jobs_\(table)")").first?.get("jobs")
                ?? 0
        }
    }

    /// Waits until so many jobs are finished.
    func untilFinished(_ jobs: Int) async throws {
        let isSo = try await eventually { try await count("finished") >= jobs }
        #expect(isSo, "\(jobs) jobs are not finished in time")
    }

    /// Runs a worker with one handler for all kinds while `body` runs, then lets it leave in order.
    func working<Value: Sendable>(
        kinds: [String] = ["knowledge.work"], retries: JobRetries = .usual, tracer: Tracer = Tracer(ratio: nil),
        _ adjust: @Sendable (inout JobWorker.Settings) -> Void = { _ in },
        handler: @escaping @Sendable (JobRun, JSONValue) async throws -> Void,
        while body: @Sendable (JobWorker) async throws -> Value
    ) async throws -> Value {
        var limits = PluginWall.Limits()
        limits.hasBreakers = false
        let wall = PluginWall(name: JobSite.module, limits: limits)
        var settings = JobWorker.Settings()
        settings.farewell = .milliseconds(300)
        adjust(&settings)
        let module = JobWorker.Module(
            name: name,
            jobs: kinds.map { kind in
                Job(kind, takes: AnyInput.self, retries: retries) { run, input in try await handler(run, input.value) }
            },
            wall: wall, database: databases.database(of: name), tracer: tracer, services: { _ in .none })
        let worker = JobWorker(module, databases: databases, settings: settings, logger: logger)
        let watch = PluginWatch([wall], limits: .init(), recycler: Recycler(), logger: logger)
        let services: [any Service] = [wall, watch, worker]
        let group = ServiceGroup(
            configuration: .init(services: services.map { .init(service: $0) }, logger: logger))
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            do {
                let value = try await body(worker)
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
                return value
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
        }
    }
}

/// Whatever a test enqueues.
struct AnyInput: RequestPayload {
    let value: JSONValue

    static let schema = Schema(
        "AnyInput",
        [
            Field("n", .integer, example: 1), Field("text", .text(max: 100), example: "a"),
        ])

    init(_ record: Record) throws {
        let number: Int? = try record["n"]
        let text: String? = try record["text"]
        value = ["n": number.map { .integer(Int64($0)) } ?? .null, "text": text.map { .string($0) } ?? .null]
    }
}

/// What handlers did, in order.
final class Notebook<Entry: Sendable>: Sendable {
    private let state = Mutex<[Entry]>([])

    var entries: [Entry] { state.withLock { $0 } }
    func note(_ entry: Entry) { state.withLock { $0.append(entry) } }
}
