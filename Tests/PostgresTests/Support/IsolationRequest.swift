import PluginKit
import TestKit

/// One to three statements whose rows all bear one number.
struct IsolationRequest: Sendable {
    let nonce: Int64
    var statements: [SQL] = []
    /// Whether the number is stored.
    var inserts = false
    /// How many rows each statement answers.
    private var counts: [Int] = []

    /// A request of random shape.
    static func random(nonce: Int64, caller: Int64, using generator: inout SeededGenerator) -> IsolationRequest {
        var request = IsolationRequest(nonce: nonce)
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let rows = Int.random(in: 0...20, using: &generator)
            request.add(Int.random(in: 0..<9, using: &generator), rows: rows, caller: caller)
        }
        return request
    }

    private init(nonce: Int64) {
        self.nonce = nonce
    }

    private mutating func add(_ shape: Int, rows: Int, caller: Int64) {
        let count: Int
        let statement: SQL
        switch shape {
        case 0: (count, statement) = (1, "SELECT \(nonce) AS nonce, \("echo \(nonce)") AS echo")
        case 1:
            (count, statement) = (
                rows, "SELECT \(nonce) AS nonce, i::text AS echo FROM generate_series(1, \(rows)) AS i"
            )
        case 2: (count, statement) = (1, "VALUES (\(nonce))")
        case 3:
            (count, statement) = (
                1, "WITH w AS (SELECT \(nonce) AS nonce) SELECT nonce, repeat('x', 2000) AS echo FROM w"
            )
        case 4: (count, statement) = (0, "SELECT nonce FROM entries WHERE nonce = \(-1)")
        case 5: (count, statement) = (1, "UPDATE callers SET nonce = \(nonce) WHERE caller = \(caller) RETURNING nonce")
        case 6: (count, statement) = (2, "SELECT nonce FROM unnest(\([nonce, nonce])) AS n (nonce)")
        case _ where inserts: (count, statement) = (1, "SELECT nonce FROM entries WHERE nonce = \(nonce)")
        default:
            (count, statement) = (1, "INSERT INTO entries (nonce, caller) VALUES (\(nonce), \(caller)) RETURNING nonce")
            inserts = true
        }
        counts.append(count)
        statements.append(statement)
    }

    /// What is wrong with the results; nil when they are this request's own.
    func mistake(in results: [ResultSet]) -> String? {
        guard results.map(\.count) == counts else { return "\(results.map(\.count)) rows instead of \(counts)" }
        do {
            for result in results {
                for row in result.rows {
                    let found: Int64 = try row.get(0)
                    if found != nonce { return "the row of \(found)" }
                }
            }
            return nil
        } catch {
            return "\(error)"
        }
    }
}
