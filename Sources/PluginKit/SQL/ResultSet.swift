/// The rows a statement answered, in PostgreSQL's binary format, read in place.
public final class ResultSet: @unchecked Sendable {
    // Safe to share: everything is written once in `init`, and `owner` keeps the memory of `cells` alive and unchanged.

    /// The columns, in the order of the statement.
    public let columns: [Column]
    /// The number of rows.
    public let count: Int
    /// The number of rows inserted, updated, deleted or selected, as the server's command tag says.
    public let affected: Int
    private let cells: [UnsafeRawBufferPointer?]
    private let owner: AnyObject?

    /// A result over memory that `owner` keeps alive: `cells` row by row, nil for NULL.
    @_spi(Kernel)
    public init(columns: [Column], count: Int, affected: Int, cells: [UnsafeRawBufferPointer?], owner: AnyObject?) {
        self.columns = columns
        self.count = count
        self.affected = affected
        self.cells = cells
        self.owner = owner
    }

    /// Whether there is no row.
    public var isEmpty: Bool { count == 0 }

    /// The rows in order.
    public var rows: some Sequence<Row> {
        (0..<count).lazy.map { Row(result: self, index: $0) }
    }

    /// The first row, or nil.
    public var first: Row? {
        count > 0 ? Row(result: self, index: 0) : nil
    }

    /// The row at `index`, which must be below `count`.
    public subscript(index: Int) -> Row {
        Row(result: self, index: index)
    }

    /// The raw bytes of one value, nil for NULL.
    func cell(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer? {
        cells[row * columns.count + column]
    }
}

/// One row of a result.
public struct Row: Sendable {
    let result: ResultSet
    let index: Int

    /// Reads the value of a column.
    ///
    /// - Throws: `ColumnError` when there is no such column, the type differs, or NULL meets a non-optional type.
    public func get<Value: ColumnDecodable>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
        guard let column = result.columns.firstIndex(where: { $0.name == name }) else {
            throw ColumnError(column: name, reason: "is not in the result")
        }
        return try get(column, as: type)
    }

    /// Reads the value of a column by its position.
    ///
    /// - Throws: `ColumnError` when the type differs or NULL meets a non-optional type.
    public func get<Value: ColumnDecodable>(_ column: Int, as type: Value.Type = Value.self) throws -> Value {
        try result.withExtendedCell(index, column) { cell in
            let description = result.columns[column]
            guard let value = Value(cell: cell, type: description.type) else {
                let found = cell == nil ? "NULL" : "\(description.type)"
                throw ColumnError(column: description.name, reason: "is \(found), expected \(Value.self)")
            }
            return value
        }
    }
}

extension ResultSet {
    fileprivate func withExtendedCell<Value>(
        _ row: Int, _ column: Int, _ body: (UnsafeRawBufferPointer?) throws -> Value
    ) rethrows -> Value {
        try withExtendedLifetime(self) { try body(cell(row, column)) }
    }
}

/// A column that does not hold what the code expects: a defect of the statement, never of the input.
public struct ColumnError: Error, CustomStringConvertible {
    /// The column's name.
    public let column: String
    /// What is wrong.
    public let reason: String

    /// The fault in one line.
    public var description: String { "column \(column) \(reason)" }
}
