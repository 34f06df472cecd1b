internal import CPostgres
@_spi(Kernel) internal import PluginKit

/// One `PGresult`; any thread may read it, and its memory lives as long as this object.
final class PQResult: @unchecked Sendable {
    // Safe to share: a PGresult does not change after libpq has handed it out (PostgreSQL manual §34.20).
    private let result: OpaquePointer

    init(_ result: OpaquePointer) {
        self.result = result
    }

    deinit {
        PQclear(result)
    }

    /// What kind of answer this is.
    var kind: Kind {
        switch PQresultStatus(result) {
        case PGRES_TUPLES_OK: .rows
        case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: .command
        case PGRES_PIPELINE_SYNC: .sync
        case PGRES_PIPELINE_ABORTED: .aborted
        case PGRES_COPY_OUT: .copyOut
        case PGRES_COPY_IN, PGRES_COPY_BOTH: .copyIn
        case PGRES_NONFATAL_ERROR: .notice
        default: .failed
        }
    }

    enum Kind {
        case rows
        case command
        case sync
        case aborted
        case copyOut
        case copyIn
        case notice
        case failed
    }

    /// The command tag, such as `SELECT 25` or `INSERT 0 1`.
    var commandTag: CommandTag { CommandTag(String(cString: PQcmdStatus(result))) }

    /// The server's error.
    var error: DatabaseError {
        DatabaseError(
            .statementFailed,
            sqlState: field(67),  // PG_DIAG_SQLSTATE 'C'
            constraint: field(110),  // PG_DIAG_CONSTRAINT_NAME 'n'
            message: String(cString: PQresultErrorMessage(result))
        )
    }

    private func field(_ code: Int32) -> String? {
        PQresultErrorField(result, code).map { String(cString: $0) }
    }

    /// The columns' names and types.
    ///
    /// - Throws: `DatabaseError` with code `undecodable` for a type that is not read.
    func columns() throws(DatabaseError) -> [Column] {
        var columns: [Column] = []
        for index in 0..<PQnfields(result) {
            let name = String(cString: PQfname(result, index))
            guard let type = ColumnType(rawValue: PQftype(result, index)) else {
                throw DatabaseError(
                    .undecodable, message: "column \(name) has type \(PQftype(result, index)): cast it in the statement"
                )
            }
            columns.append(Column(name: name, type: type))
        }
        return columns
    }

    /// The rows, over this object's memory.
    func resultSet(columns: [Column]) -> ResultSet {
        let rowCount = PQntuples(result)
        let columnCount = Int32(columns.count)
        var cells: [UnsafeRawBufferPointer?] = []
        cells.reserveCapacity(Int(rowCount) * columns.count)
        for row in 0..<rowCount {
            for column in 0..<columnCount {
                let length = PQgetlength(result, row, column)
                if length == 0, PQgetisnull(result, row, column) == 1 {
                    cells.append(nil)
                } else {
                    cells.append(UnsafeRawBufferPointer(start: PQgetvalue(result, row, column), count: Int(length)))
                }
            }
        }
        return ResultSet(
            columns: columns, count: Int(rowCount), affected: commandTag.affected, cells: cells, owner: self)
    }
}
