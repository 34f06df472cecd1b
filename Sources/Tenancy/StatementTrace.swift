internal import Observability
internal import PluginKit

/// Records a round trip to the database as a span of the request that caused it.
///
/// A span says the statement's verb and its first table. Text made at run time is only named by its verb, and values
/// never stand in a statement's text.
enum StatementTrace {
    /// Runs statements in one round trip, recorded when the request is.
    static func run(
        _ statements: [SQL], _ body: () async throws -> [ResultSet]
    ) async throws -> [ResultSet] {
        guard let scope = RequestScope.current, scope.isRecorded else { return try await body() }
        let stopwatch = Stopwatch()
        do {
            let results = try await body()
            record(statements, in: scope, since: stopwatch, failure: nil)
            return results
        } catch {
            record(statements, in: scope, since: stopwatch, failure: (error as? Problem)?.code ?? "error")
            throw error
        }
    }

    private static func record(
        _ statements: [SQL], in scope: RequestScope, since stopwatch: Stopwatch, failure: String?
    ) {
        let names = statements.map(name)
        var attributes: [(name: String, value: Span.Value)] = [
            ("db.system.name", .text("postgresql")),
            ("db.query.summary", .text(names.joined(separator: "; "))),
        ]
        if names.count > 1 { attributes.append(("db.operation.batch.size", .number(names.count))) }
        if let failure { attributes.append(("error.type", .text(failure))) }
        scope.record(
            names.first ?? "empty", since: stopwatch, attributes: attributes, isFailed: failure != nil)
    }

    /// A statement's verb and the table after its first FROM, INTO or UPDATE: `SELECT knowledge.knowledge_items`.
    static func name(_ statement: SQL) -> String {
        let words = statement.text.split(maxSplits: 400, whereSeparator: \.isWhitespace)
        guard let verb = words.first.map({ $0.prefix { $0.isASCII && $0.isLetter } }), !verb.isEmpty else { return "?" }
        let name = verb.uppercased()
        guard !statement.isUnsafe,
            let position = words.firstIndex(where: { ["FROM", "INTO", "UPDATE"].contains($0.uppercased()) }),
            position + 1 < words.count
        else { return name }
        let table = words[position + 1].prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") }
        return table.isEmpty ? name : "\(name) \(table)"
    }
}
