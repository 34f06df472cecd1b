package import Logging
internal import PluginKit
package import Postgres
internal import ServiceLifecycle
internal import Synchronization

/// Numbers committed events, so that they can be read in order.
package final class EventRelay: Service {
    /// How often it looks.
    private static let interval: Duration = .milliseconds(20)
    /// How many events one transaction numbers, and the rest of their last millisecond.
    private static let batch = 2000

    private let pipeline: PipelineConnection
    private let logger: Logger
    private let horizon: Mutex<EventHorizon>

    /// - Parameter pipeline: of the kernel's role `worker`.
    package convenience init(pipeline: PipelineConnection, logger: Logger) {
        self.init(pipeline: pipeline, horizon: EventHorizon(), logger: logger)
    }

    init(pipeline: PipelineConnection, horizon: EventHorizon, logger: Logger) {
        self.pipeline = pipeline
        self.horizon = Mutex(horizon)
        self.logger = logger
    }

    package func run() async throws {
        try? await cancelWhenGracefulShutdown { [self] in
            while true {
                try await Task.sleep(for: await pass() ? .zero : EventRelay.interval)
            }
        }
    }

    /// Numbers what there is. Returns whether there may be more.
    private func pass() async -> Bool {
        do {
            return try await number() >= EventRelay.batch
        } catch {
            logger.warning("events could not be numbered", metadata: ["error": "\(error)"])
            return false
        }
    }

    /// Numbers about a batch at most.
    ///
    /// - Returns: how many; 0 also when another process is at it.
    @discardableResult
    package func number() async throws -> Int {
        if horizon.withLock({ $0.needsMark(at: .now) }) {
            let mark = try await mark()
            horizon.withLock { $0.note(mark, at: .now) }
        }
        let begin = ContinuousClock.now
        let look = horizon.withLock { $0.look(at: begin) }
        do {
            guard let outcome = try await number(look) else { return 0 }
            horizon.withLock { $0.looked(look, outcome, from: begin, to: .now) }
            return outcome.numbered
        } catch let error as DatabaseError where error.isStatementTimeout {
            horizon.withLock { $0.gaveUp(look, from: begin, to: .now) }
            throw error
        }
    }

    /// Where the database is now.
    private func mark() async throws -> EventHorizon.Mark {
        let result = try await pipeline.run([
            // A second earlier: an id is made before its transaction has a number. The end of a snapshot is behind the last
            // transaction that has ended, and so not behind those that are open; an age counts from the next one.
            """
            SELECT core.uuid_floor(clock_timestamp() - interval '1 second') AS floor,
                   xmax::text::int8 + age(xmax::xid) AS transaction
            FROM pg_snapshot_xmax(pg_current_snapshot()) AS xmax
            """
        ])[0]
        guard let row = result.first else { throw DatabaseError(.undecodable) }
        return EventHorizon.Mark(floor: try row.get("floor"), transaction: try row.get("transaction"))
    }

    /// - Returns: nil when another process is at it.
    private func number(_ look: EventHorizon.Look) async throws -> EventHorizon.Outcome? {
        let results = try await pipeline.run([
            "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::int8 AS oldest",
            // Whoever numbers writes; most of the time there is nothing to number.
            """
            SELECT n.numbered, n.passed_over, n.may_have_more
            FROM core.number_events(\(EventRelay.batch)::int4, \(look.floor), \(look.since)::text::xid8) AS n
            WHERE EXISTS (
                SELECT
                FROM core.events AS e
                WHERE e.seq IS NULL AND e.id > \(look.floor)
                  AND age(e.xmin) <= COALESCE(age(\(look.since)::text::xid8::xid), 2147483647))
            """,
        ])
        guard let oldest = try results[0].first?.get("oldest", as: Int64.self) else {
            throw DatabaseError(.undecodable)
        }
        guard let row = results[1].first else {
            return EventHorizon.Outcome(numbered: 0, isFull: false, passedOver: false, oldest: oldest)
        }
        guard let numbered = try row.get("numbered", as: Int?.self) else { return nil }
        return EventHorizon.Outcome(
            numbered: numbered, isFull: try row.get("may_have_more"),
            passedOver: try row.get("passed_over", as: Int.self) > 0, oldest: oldest)
    }
}
