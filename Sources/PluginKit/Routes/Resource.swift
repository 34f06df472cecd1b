/// One object of a response: a row, or values given by name.
public struct Resource<P: Payload>: Sendable {
    let content: ReplyContent

    /// The first row of a result whose columns are the payload's fields, in their order.
    ///
    /// - Throws: `ColumnError` when the columns are not the fields, `Problem.notFound` when there is no row.
    public init(_ result: ResultSet) throws {
        try P.schema.requireColumns(of: result)
        guard !result.isEmpty else { throw Problem.notFound }
        content = .row(result, P.schema)
    }

    /// An object from values, one for each field of the payload.
    ///
    /// - Throws: `RecordError` when the names are not the fields.
    public init(_ members: KeyValuePairs<String, JSONValue>) throws {
        guard members.count == P.schema.fields.count, zip(members, P.schema.fields).allSatisfy({ $0.key == $1.name })
        else {
            throw RecordError(
                schema: P.schema.name, field: members.map(\.key).joined(separator: ","), expected: "its fields")
        }
        content = .value(.object(members.map { .init($0.key, $0.value) }))
    }
}

/// One page of a list.
public struct Page<P: Payload>: Sendable {
    let content: ReplyContent

    /// A page of a result that holds up to one row more than `limit`, which says that another page follows.
    ///
    /// - Parameter key: the columns the list is ordered by, whose values in the last row make the next cursor.
    /// - Throws: `ColumnError` when the columns are not the payload's fields or `key` is not among them.
    public init(_ result: ResultSet, limit: Int, key: [String]) throws {
        try P.schema.requireColumns(of: result)
        let positions = try key.map { name in
            guard let index = P.schema.index(of: name) else {
                throw ColumnError(column: name, reason: "is not a field")
            }
            return index
        }
        let next = result.count > limit ? positions.map { result.jsonValue(limit - 1, $0) } : nil
        content = .page(result, P.schema, count: min(limit, result.count), next: next)
    }

    /// A whole list of few elements, which has no further page.
    public init(_ elements: [Resource<P>]) {
        content = .list(elements.map(\.content))
    }
}

extension Schema {
    fileprivate func requireColumns(of result: ResultSet) throws {
        guard result.columns.count == fields.count else {
            throw ColumnError(column: name, reason: "has \(fields.count) fields, the result \(result.columns.count)")
        }
        for (column, field) in zip(result.columns, fields) where column.name != field.name {
            throw ColumnError(column: column.name, reason: "stands where \(name) has \(field.name)")
        }
    }
}

@_spi(Kernel)
extension Resource {
    /// The object as a value, for the kernel's own use.
    public var value: JSONValue {
        if case .value(let value) = content { return value }
        let bytes = Reply(status: 200, content: content).encode { _ in "" }
        return (try? JSONParser.parse(bytes)) ?? .null
    }
}

@_spi(Kernel)
extension Page {
    /// A page of all rows of a result, of a list that was not looked through to its end.
    ///
    /// - Parameter next: the key that the next page begins behind.
    /// - Throws: `ColumnError` when the columns are not the payload's fields.
    public init(_ result: ResultSet, goingOnBehind next: [JSONValue]) throws {
        try P.schema.requireColumns(of: result)
        content = .page(result, P.schema, count: result.count, next: next)
    }

    /// The elements as values, for the kernel's own use.
    public var values: [JSONValue] {
        let bytes = Reply(status: 200, content: content).encode { _ in "" }
        return (try? JSONParser.parse(bytes))?["data"]?.array ?? []
    }
}
