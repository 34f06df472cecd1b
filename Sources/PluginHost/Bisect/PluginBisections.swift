internal import Foundation
package import PluginKit
package import Postgres
package import Tenancy

/// The one bisection of this installation: kept in the database, where every process sees what it pauses.
///
/// It takes back only its own pauses: what an operator or crashes paused, before or meanwhile, stays.
package struct PluginBisections: Sendable {
    /// Until when every process knows of a round.
    package static let effect: Duration = .seconds(1)

    private let pipeline: PipelineConnection
    private let control: ControlPlane

    /// - Parameter pipeline: of the kernel's role `auth`.
    package init(pipeline: PipelineConnection, control: ControlPlane) {
        self.pipeline = pipeline
        self.control = control
    }

    /// Begins with these modules and pauses all of them.
    ///
    /// - Throws: `Problem` 409 `bisection_under_way`.
    package func start(_ modules: [Bisection.Module]) async throws -> Bisection {
        // Before the modules are looked at: those that rest for it are not among them.
        guard try await current() == nil else { throw PluginBisections.underWay }
        let bisection = Bisection(modules)
        guard case .round = bisection.step else { return bisection }
        let id = ID<Bisection>.make()
        let count = try await run(
            """
            INSERT INTO core.plugin_bisections (id, modules)
            VALUES (\(id), \(PluginBisections.json(modules)))
            ON CONFLICT (singleton) DO NOTHING
            """, id, bisection)
        guard count == 1 else { throw PluginBisections.underWay }
        return bisection
    }

    /// Takes an answer and goes on; what is over is forgotten, and everything it paused serves again.
    ///
    /// - Throws: `Problem` 409 `no_bisection`, or `bisection_moved_on` when somebody else has answered meanwhile.
    package func answer(isGone: Bool) async throws -> Bisection {
        guard let (id, current) = try await current() else { throw PluginBisections.none }
        var next = current
        next.answer(isGone: isGone)
        let count = try await run(
            """
            UPDATE core.plugin_bisections
            SET answers = \(PluginBisections.json(next.answers))
            WHERE id = \(id) AND answers = \(PluginBisections.json(current.answers))
            """, id, next)
        guard count == 1 else {
            throw Problem.conflict("Somebody else has answered meanwhile.", code: "bisection_moved_on")
        }
        return next
    }

    /// Ends it without a verdict.
    ///
    /// - Returns: what serves again.
    /// - Throws: `Problem` 409 `no_bisection`.
    package func reset() async throws -> [String] {
        guard let (id, _) = try await current() else { throw PluginBisections.none }
        let results = try await pipeline.runForCaller([
            "DELETE FROM core.plugin_pauses WHERE code = 'bisection' RETURNING module_id",
            "DELETE FROM core.plugin_bisections WHERE id = \(id)",
            "SELECT core.record_change('plugin', NULL, 'bisection')",
        ])
        try await control.refreshForCaller()
        return try results[0].rows.map { try $0.get("module_id", as: String.self) }.sorted()
    }

    /// The one that is under way.
    package func current() async throws -> (id: ID<Bisection>, bisection: Bisection)? {
        let row = try await pipeline.runForCaller(
            ["SELECT id, modules, answers FROM core.plugin_bisections"], isReplayable: true)[0].first
        guard let row else { return nil }
        let modules = try row.get("modules", as: JSONValue.self).array ?? []
        let answers = try row.get("answers", as: JSONValue.self).array ?? []
        let bisection = Bisection(
            modules.map { module in
                Bisection.Module(
                    id: module["id"]?.string ?? "", requires: (module["requires"]?.array ?? []).compactMap(\.string))
            }, answers: answers.compactMap(\.bool))
        return (try row.get("id"), bisection)
    }

    /// Writes down how far it is and, in the same transaction, pauses what that asks for.
    ///
    /// - Parameter writing: the statement that must change one row, else nothing is paused or put back.
    /// - Returns: how many rows it changed.
    private func run(_ writing: SQL, _ id: ID<Bisection>, _ bisection: Bisection) async throws -> Int {
        var resting: [String] = []
        if case .round(let names) = bisection.step { resting = names }
        let detail = "bisection, round \(bisection.answers.count + 1): romashka plugin bisect good, bad or reset"
        let answers = PluginBisections.json(bisection.answers)
        let isOurs: SQL = "EXISTS (SELECT FROM core.plugin_bisections WHERE id = \(id) AND answers = \(answers))"
        var statements: [SQL] = [
            writing,
            """
            DELETE FROM core.plugin_pauses
            WHERE code = 'bisection' AND NOT module_id = ANY (\(resting)) AND \(isOurs)
            """,
            """
            INSERT INTO core.plugin_pauses (module_id, code, detail)
            SELECT name, 'bisection', \(detail)
            FROM unnest(\(resting)) AS name
            WHERE \(isOurs)
            ON CONFLICT (module_id) DO UPDATE
            SET detail = EXCLUDED.detail
            WHERE plugin_pauses.code = 'bisection'
            """,
        ]
        if case .over = bisection.step {
            statements.append("DELETE FROM core.plugin_bisections WHERE id = \(id) AND answers = \(answers)")
        }
        statements.append("SELECT core.record_change('plugin', NULL, 'bisection')")
        let results = try await pipeline.runForCaller(statements)
        try await control.refreshForCaller()
        return results[0].affected
    }

    private static func json(_ modules: [Bisection.Module]) -> JSONValue {
        .array(
            modules.map { ["id": .string($0.id), "requires": .array($0.requires.map { .string($0) })] })
    }

    private static func json(_ answers: [Bool]) -> JSONValue { .array(answers.map { .bool($0) }) }

    private static let underWay = Problem.conflict(
        "A bisection is under way: answer it with good or bad, or end it with reset.", code: "bisection_under_way")
    private static let none = Problem.conflict(
        "No bisection is under way: begin one with romashka plugin bisect start.", code: "no_bisection")
}
