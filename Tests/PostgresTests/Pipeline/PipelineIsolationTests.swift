import PluginKit
import TestKit
import Testing

@testable import Postgres

/// The promise everything else stands on: requests of many tenants share one connection, and none ever gets
/// another's rows, whatever the others do.
@Suite("Pipeline isolation")
struct PipelineIsolationTests {
    private static let callers = 40
    private static let requests = 500

    @Test(
        "of twenty thousand interleaved requests none gets another's rows, whoever fails, leaves or smuggles",
        arguments: [UInt64(20_261_121)])
    func rowsStayApart(seed: UInt64) async throws {
        try await TestDatabase.with { database in
            try await database.asSuperuser { lease in
                try await lease.script(
                    """
                    CREATE TABLE entries (nonce int8 PRIMARY KEY, caller int8 NOT NULL);
                    CREATE TABLE taken (number int8 PRIMARY KEY);
                    INSERT INTO taken VALUES (1);
                    CREATE TABLE callers (caller int8 PRIMARY KEY, nonce int8);
                    INSERT INTO callers SELECT i FROM generate_series(0, \(Self.callers - 1)) AS i;
                    """)
            }
            let pipeline = database.server.pipeline(database.settings.with(parameters: ["statement_timeout": "250ms"]))
            defer { pipeline.close() }
            let tallies = await withTaskGroup(of: IsolationCaller.Tally.self) { group in
                for number in 0..<Self.callers {
                    group.addTask {
                        var caller = IsolationCaller(number, pipeline: pipeline, seed: seed)
                        return await caller.run(requests: Self.requests)
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let mistakes = tallies.flatMap(\.mistakes)
            #expect(mistakes.isEmpty, "\(mistakes.count) mistakes: \(mistakes.prefix(10))")
            #expect(tallies.reduce(0) { $0 + $1.answered } > 10_000)
            #expect(tallies.reduce(0) { $0 + $1.failed } > 500)
            #expect(tallies.reduce(0) { $0 + $1.abandoned } > 1000)
            #expect((20...200).contains(tallies.reduce(0) { $0 + $1.smuggled }))

            let stored: [Int64] = try await database.asSuperuser { lease in
                try await lease.run("SELECT nonce FROM entries").rows.map { try $0.get("nonce") }
            }
            let acknowledged = Set(tallies.flatMap(\.acknowledged))
            #expect(acknowledged.count > 1000)
            #expect(acknowledged.subtracting(stored) == [], "acknowledged, but not there")
            #expect(stored.filter { $0 < 0 } == [], "there, though its request failed")

            #expect(try await pipeline.setting("statement_timeout") == "250ms")
            #expect(try await pipeline.setting("search_path") == "\"$user\", public")
            let prepared = try await pipeline.run([
                "SELECT count(*) AS n FROM pg_prepared_statements WHERE name LIKE 'smuggled%'"
            ])
            #expect(try prepared[0].first?.get("n") == 0)
        }
    }
}
