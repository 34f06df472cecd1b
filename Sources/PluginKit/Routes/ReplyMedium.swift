/// What the answer of a route is made of.
@_spi(Kernel)
public enum ReplyMedium: Hashable, Sendable {
    /// JSON, or nothing.
    case json
    /// A `Download`.
    case download
    /// A `WebPage`.
    case page
    /// A `RawReply`.
    case raw
    /// One page of a list after the other.
    case export
}

/// How a list is written out.
@_spi(Kernel)
public enum ExportFormat: String, CaseIterable, Sendable {
    /// A line of JSON for each element.
    case ndjson
    /// A line with the names of the fields, then one for each element (RFC 4180).
    case csv

    /// The parameter of the query that chooses.
    static let field = Field(
        "format", .oneOf(allCases.map(\.rawValue)), example: "ndjson", summary: "Lines of JSON unless given.")

    /// The format that a query asks for.
    public init(_ query: Record) throws {
        self = (try query["format"] as String?).flatMap(ExportFormat.init) ?? .ndjson
    }

    /// The media type.
    public var mediaType: String {
        switch self {
        case .ndjson: "application/x-ndjson"
        case .csv: "text/csv"
        }
    }
}
