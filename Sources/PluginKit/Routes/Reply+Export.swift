import Foundation

@_spi(Kernel)
extension Reply {
    /// The page, when the answer is one for browsers.
    public var page: WebPage? {
        if case .web(let page) = content { page } else { nil }
    }

    /// The bytes, when the answer is no JSON of the route's declaration.
    public var raw: RawReply? {
        if case .raw(let reply) = content { reply } else { nil }
    }

    /// The elements of a list's page as lines, and the key that the next one begins behind when another page follows.
    ///
    /// - Parameter isFirst: whether the line with the names of the fields comes before, where there is one.
    public func lines(as format: ExportFormat, isFirst: Bool) -> (bytes: [UInt8], next: [JSONValue]?) {
        guard case .page(let result, let schema, let count, let next) = content else { return ([], nil) }
        var bytes: [UInt8] = []
        if isFirst, format == .csv { CSV.append(schema.fields.map(\.name), to: &bytes) }
        for row in 0..<count {
            var writer = JSONWriter(capacity: 512)
            writer.write(result, row: row, keys: schema.keys)
            switch format {
            case .ndjson: bytes += writer.bytes + [UInt8(ascii: "\n")]
            case .csv:
                let members = (try? JSONParser.parse(writer.bytes))?.members ?? []
                CSV.append(members.map { CSV.cell($0.value) }, to: &bytes)
            }
        }
        return (bytes, next)
    }
}

/// Lines of comma-separated values (RFC 4180).
private enum CSV {
    static func append(_ cells: [String], to bytes: inout [UInt8]) {
        bytes += Array(cells.map(quoted).joined(separator: ",").utf8) + [0x0D, 0x0A]
    }

    /// The text of a value. A spreadsheet takes text that begins with one of these for a formula, and runs it: an
    /// apostrophe in front says that it is text.
    static func cell(_ value: JSONValue) -> String {
        guard case .string(let text) = value else {
            return value == .null ? "" : String(decoding: value.encoded(), as: UTF8.self)
        }
        guard let first = text.unicodeScalars.first, "=+-@\t\r".unicodeScalars.contains(first) else { return text }
        return "'" + text
    }

    private static func quoted(_ cell: String) -> String {
        guard cell.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else { return cell }
        // By bytes: a quote with a combining mark behind it is another character, and ends a cell all the same.
        let doubled = cell.utf8.flatMap { $0 == 0x22 ? [$0, $0] : [$0] }
        return "\"\(String(decoding: doubled, as: UTF8.self))\""
    }
}
