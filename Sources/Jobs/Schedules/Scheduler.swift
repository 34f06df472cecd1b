package import Foundation
package import Logging
internal import Observability
internal import PluginHost
internal import PluginKit
package import Postgres
internal import ServiceLifecycle
internal import Synchronization

/// Enqueues what is due by the clock, for each tenant in its own zone. Any number of them may run: a due moment is taken
/// by comparing and setting the next one, in the transaction that enqueues the job.
package struct Scheduler: Service {
    /// How often it looks at the clock.
    private static let interval: Duration = .milliseconds(500)
    /// How often it looks for tenants and schedules that are new.
    private static let census = 10
    private static let batch = 500
    /// How many are kept in one transaction, which is to end long before a statement's time is over.
    private static let share = 20
    /// How many are enrolled in one.
    private static let enrolled = 100

    /// What is to be done about one schedule.
    private struct Turn {
        /// Enqueues its jobs and moves it on, or enrols it.
        let firing: SQL
        /// Lets it wait for a minute, when the other fails.
        var postponing: SQL?
    }

    private let pipeline: PipelineConnection
    private let logger: Logger

    /// - Parameter pipeline: of the kernel's role `worker`.
    package init(pipeline: PipelineConnection, logger: Logger) {
        self.pipeline = pipeline
        self.logger = logger
    }

    package func run() async throws {
        let turns = Mutex(0)
        await untilShutdown(
            every: Scheduler.interval, failing: "schedules could not be kept", level: .warning, logger: logger
        ) {
            let turn = turns.withLock { turns in
                defer { turns += 1 }
                return turns
            }
            if turn % Scheduler.census == 0 { try await enrol() }
            while try await fire() == Scheduler.batch {}
        }
    }

    /// Reckons when schedules are due that are new or have changed, and forgets those that are gone.
    package func enrol(now: Date = Date()) async throws {
        let results = try await pipeline.run([
            """
            DELETE FROM core.schedules
            WHERE ctid = ANY (ARRAY(
                SELECT s.ctid
                FROM core.schedules AS s
                WHERE NOT EXISTS (SELECT FROM core.schedule_kinds AS k WHERE k.module = s.module AND k.name = s.name)
                FOR UPDATE OF s SKIP LOCKED))
            """,
            """
            SELECT t.id AS tenant_id, k.module, k.name, k.cron,
                   CASE WHEN k.zone = 'tenant' THEN t.zone ELSE k.zone END AS zone
            FROM core.schedule_kinds AS k
            CROSS JOIN core.tenants AS t
            LEFT JOIN core.schedules AS s ON s.tenant_id = t.id AND s.module = k.module AND s.name = k.name
            WHERE s.tenant_id IS NULL
               OR s.cron <> k.cron
               OR s.zone <> CASE WHEN k.zone = 'tenant' THEN t.zone ELSE k.zone END
            LIMIT 2000
            """,
        ])
        let turns = try results[1].rows.compactMap { row -> Turn? in
            let (cron, zone) = (try row.get("cron", as: String.self), try row.get("zone", as: String.self))
            // Another version may be able to read it, and enrols it then.
            guard let schedule = try schedule(cron, zone, .none) else { return nil }
            // What never comes is kept too: else it would be reckoned anew each time.
            let next = schedule.next(after: now).map { Timestamp($0) } ?? .distantFuture
            return Turn(
                firing: """
                    INSERT INTO core.schedules (tenant_id, module, name, cron, zone, next_at)
                    VALUES (\(try row.get("tenant_id", as: UUID.self)), \(try row.get("module", as: String.self)),
                            \(try row.get("name", as: String.self)), \(cron), \(zone), \(next))
                    ON CONFLICT (tenant_id, module, name) DO UPDATE
                    SET cron = EXCLUDED.cron, zone = EXCLUDED.zone, next_at = EXCLUDED.next_at
                    """)
        }
        try await run(turns, share: Scheduler.enrolled)
    }

    /// Enqueues what is due, at most a batch. What somebody else has locked is passed over: another scheduler is at it, or
    /// the tenant is being erased.
    ///
    /// - Returns: how many schedules were due.
    @discardableResult
    package func fire(now: Date = Date()) async throws -> Int {
        let due = try await pipeline.run([
            """
            SELECT s.tenant_id, s.module, s.name, s.cron, s.zone, s.next_at, k.kind, k.catch_up,
                   t.status = 'active' AND (k.always_on OR COALESCE(switch.enabled, true)) AS is_on
            FROM core.schedules AS s
            JOIN core.schedule_kinds AS k ON k.module = s.module AND k.name = s.name
            JOIN core.tenants AS t ON t.id = s.tenant_id
            LEFT JOIN core.tenant_modules AS switch ON switch.tenant_id = s.tenant_id AND switch.module_id = s.module
            WHERE s.next_at <= \(Timestamp(now))
            ORDER BY s.next_at
            LIMIT \(Scheduler.batch)
            FOR UPDATE OF s SKIP LOCKED
            """
        ])[0]
        try await run(try due.rows.compactMap { try turn(for: $0, now) }, share: Scheduler.share)
        return due.count
    }

    /// Runs turns, so many in one transaction.
    private func run(_ turns: [Turn], share: Int) async throws {
        for first in stride(from: 0, to: turns.count, by: share) {
            try await run(Array(turns[first..<min(first + share, turns.count)]))
        }
    }

    /// Runs some in one transaction; if the database refuses one of them, each in its own, so that it holds up no other.
    private func run(_ turns: [Turn]) async throws {
        do {
            _ = try await pipeline.run(turns.map(\.firing))
        } catch let error as DatabaseError where error.code == .statementFailed {
            if turns.count > 1 {
                for turn in turns { try await run([turn]) }
            } else {
                logger.warning("a schedule could not be kept", metadata: ["error": "\(error)"])
                for postponing in turns.compactMap(\.postponing) { try await postpone(postponing) }
            }
        }
    }

    /// Lets a schedule wait; one that cannot is tried again at the next look.
    private func postpone(_ postponing: SQL) async throws {
        do {
            _ = try await pipeline.run([postponing])
        } catch let error as DatabaseError where error.code == .statementFailed {
            logger.warning("a schedule could not be put off", metadata: ["error": "\(error)"])
        }
    }

    private func turn(for row: Row, _ now: Date) throws -> Turn? {
        let catchUp = Schedule.CatchUp(rawValue: try row.get("catch_up")) ?? .last
        let dueAt = try row.get("next_at", as: Timestamp.self)
        guard let schedule = try schedule(row.get("cron"), row.get("zone"), catchUp) else { return nil }
        let (moments, next) = schedule.fire(dueAt.date, now: now)
        let (tenant, module) = (try row.get("tenant_id", as: UUID.self), try row.get("module", as: String.self))
        let name = try row.get("name", as: String.self)
        // What is come to while the module is off is not made up for.
        let fires = try row.get("is_on", as: Bool.self) ? moments.map { Timestamp($0) } : []
        let place: SQL = """
            SELECT s.ctid
            FROM core.schedules AS s
            WHERE s.tenant_id = \(tenant) AND s.module = \(module) AND s.name = \(name) AND s.next_at = \(dueAt)
            FOR UPDATE SKIP LOCKED
            """
        let postponing: SQL = """
            UPDATE core.schedules
            SET next_at = \(dueAt) + interval '1 minute'
            WHERE ctid = (\(place))
            """
        let firing: SQL = """
            WITH moved AS (
                UPDATE core.schedules
                SET next_at = \(next.map { Timestamp($0) } ?? .distantFuture), last_at = \(fires.last)
                WHERE ctid = (\(place))
                RETURNING tenant_id
            )
            SELECT core.put_job(
                moved.tenant_id, \(module), \(try row.get("kind", as: String.self)),
                jsonb_build_object('schedule', \(name), 'due_at',
                                   to_char(fire.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')),
                NULL, 5::int2, NULL, NULL, NULL, false, NULL, 0::int2, NULL)
            FROM moved
            CROSS JOIN unnest(\(fires)) AS fire (at)
            """
        return Turn(firing: firing, postponing: postponing)
    }

    /// A schedule that cannot be read keeps nobody else's from being kept.
    private func schedule(_ cron: String, _ zone: String, _ catchUp: Schedule.CatchUp) throws -> Schedule? {
        do {
            return try Schedule(cron: cron, zone: zone, catchUp: catchUp)
        } catch {
            logger.warning("a schedule cannot be read", metadata: ["error": "\(error)"])
            return nil
        }
    }
}

extension Timestamp {
    fileprivate var date: Date { Date(timeIntervalSince1970: Double(microseconds) / 1_000_000) }
}
