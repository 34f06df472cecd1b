import PluginKit
import Postgres
import Testing

/// What became of an attack.
struct IsolationOutcome: Error, Sendable {
    /// PostgreSQL's error code, or ours; nil when every statement was answered.
    var refusal: String?
    /// The server's own words.
    var message = ""
    /// How many rows were answered, changed, fetched or copied.
    var touched = 0
    /// Every byte of every row.
    var bytes: [UInt8] = []

    mutating func add(_ result: ResultSet) throws {
        touched += max(result.count, result.affected)
        for row in result.rows {
            for column in result.columns.indices { bytes += try row.get(column, as: RawCell.self).bytes + [0x0A] }
        }
    }

    mutating func fail(_ error: any Error) {
        message = String(reflecting: error)
        refusal =
            switch error {
            case let error as DatabaseError: error.sqlState ?? error.code.rawValue
            case let problem as Problem: problem.code
            default: message
            }
    }

    /// Whether a text stands in the rows or in the server's words.
    func shows(_ text: String) -> Bool {
        bytes.contains(text) || message.contains(text)
    }

    /// Runs a step unless an earlier one failed.
    static func of(_ body: (inout IsolationOutcome) async throws -> Void) async -> IsolationOutcome {
        var outcome = IsolationOutcome()
        do {
            try await body(&outcome)
        } catch {
            outcome.fail(error)
        }
        return outcome
    }
}

/// The bytes of a value, whatever its type.
struct RawCell: ColumnDecodable {
    let bytes: [UInt8]

    init?(cell: UnsafeRawBufferPointer?, type: ColumnType) {
        bytes = cell.map { Array($0) } ?? []
    }
}

extension [UInt8] {
    /// Whether a text stands somewhere in the bytes.
    func contains(_ text: String) -> Bool {
        String(decoding: self, as: UTF8.self).contains(text)
    }
}
