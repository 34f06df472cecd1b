package import PluginKit
package import Postgres

/// A question that every process of an installation asks again and again: one of them at a time asks it, and the others
/// read what it came to. So it costs the same, however many they are.
package struct SharedCensus: Sendable {
    /// Which question it is.
    package enum Name: String, Sendable {
        case jobs
        case system
        case backlogs
    }

    /// After so many times the age that it may have, an answer is none any more.
    package static let patience = 5

    private let name: Name
    private let pipeline: PipelineConnection

    /// - Parameter pipeline: of the kernel's role `worker`.
    package init(_ name: Name, pipeline: PipelineConnection) {
        self.name = name
        self.pipeline = pipeline
    }

    /// What the question came to, here or elsewhere.
    ///
    /// - Parameters:
    ///   - age: how old another process's answer may be; beyond that it is asked here, unless another one just began to.
    ///   - ask: asks it.
    /// - Returns: null when nobody has an answer yet, or all who asked for long have failed.
    /// - Throws: `DatabaseError`; what `ask` throws: then another process asks after the next `age`.
    package func answer(noOlderThan age: Duration, _ ask: () async throws -> JSONValue) async throws -> JSONValue {
        let seconds = age / .seconds(1)
        let results = try await pipeline.run([
            """
            UPDATE core.censuses
            SET taken_at = clock_timestamp()
            WHERE name = \(name.rawValue) AND taken_at <= clock_timestamp() - make_interval(secs => \(seconds))
            """,
            """
            SELECT answer
            FROM core.censuses
            WHERE name = \(name.rawValue)
              AND answered_at > clock_timestamp() - make_interval(secs => \(seconds * Double(SharedCensus.patience)))
            """,
        ])
        guard results[0].affected == 1 else {
            return try results[1].first?.get("answer", as: JSONValue?.self) ?? .null
        }
        let answer = try await ask()
        _ = try await pipeline.run([
            """
            UPDATE core.censuses
            SET answer = \(answer), answered_at = clock_timestamp()
            WHERE name = \(name.rawValue)
            """
        ])
        return answer
    }
}
