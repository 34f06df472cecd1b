import Foundation

/// What a handler answers, before it is bytes.
@_spi(Kernel)
public struct Reply: Sendable {
    /// The HTTP status.
    public let status: Int
    let content: ReplyContent

    init(status: Int, content: ReplyContent) {
        self.status = status
        self.content = content
    }

    init(route: Route, content: ReplyContent) {
        if case .headed(let reply) = content {
            self.init(status: reply.status ?? route.status, content: content)
        } else if case .raw(let reply) = content {
            self.init(status: reply.status, content: content)
        } else {
            self.init(status: route.status, content: content)
        }
    }
}

/// What one of the kernel's own routes answers to a browser: with headers, and maybe with another status.
@_spi(Kernel)
public struct HeadedReply: Sendable {
    let status: Int?
    let headers: [(name: String, value: String)]
    let body: JSONValue?
    let page: ScriptedPage?

    /// - Parameters:
    ///   - status: instead of the route's own.
    ///   - body: nil for none.
    ///   - page: says the same to a person, whose browser asks for a page.
    public init(
        status: Int? = nil, headers: [(name: String, value: String)], body: JSONValue? = nil,
        page: ScriptedPage? = nil
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.page = page
    }
}

/// The content of a reply, close to where it came from, so that rows become JSON in one step.
enum ReplyContent: Sendable {
    case nothing
    case row(ResultSet, Schema)
    case value(JSONValue)
    /// The first rows of a result, and the key that the next page begins behind.
    case page(ResultSet, Schema, count: Int, next: [JSONValue]?)
    case list([ReplyContent])
    case headed(HeadedReply)
    case download(Download)
    case web(WebPage)
    case raw(RawReply)
}

@_spi(Kernel)
extension Reply {
    /// Whether there is no body.
    public var isEmpty: Bool {
        switch content {
        case .nothing, .download, .web: true
        case .raw(let reply): reply.body.isEmpty
        case .headed(let reply): reply.body == nil
        default: false
        }
    }

    /// The bytes to send, when there is no JSON.
    public var download: Download? {
        if case .download(let download) = content { download } else { nil }
    }

    /// Headers besides those that every answer has.
    public var headers: [(name: String, value: String)] {
        if case .headed(let reply) = content { reply.headers } else { [] }
    }

    /// What a browser is shown that asks for a page; nil where there is none.
    public var scriptedPage: ScriptedPage? {
        if case .headed(let reply) = content { reply.page } else { nil }
    }

    /// Whether it is for the one browser that asked.
    public var isForBrowser: Bool {
        if case .headed = content { true } else { false }
    }

    /// Whether it is a page of a list.
    public var isList: Bool {
        switch content {
        case .page, .list: true
        default: false
        }
    }

    /// When what is answered was last changed, if it says so: what an ETag is made of.
    public var version: Timestamp? {
        switch content {
        case .row(let result, let schema):
            guard let column = schema.index(of: "updated_at"), let cell = result.cell(0, column) else { return nil }
            return result.columns[column].type == .timestamptz ? cell.timestamp() : nil
        case .value(let value): return value["updated_at"]?.string.flatMap { Timestamp(rfc3339: $0) }
        default: return nil
        }
    }

    /// The body as JSON.
    ///
    /// - Parameter cursor: makes the cursor of the next page from the key that it begins behind.
    public func encode(cursor: ([JSONValue]) -> String) -> [UInt8] {
        var writer = JSONWriter(capacity: content.estimatedSize)
        content.write(to: &writer, cursor: cursor)
        return writer.bytes
    }
}

extension ReplyContent {
    fileprivate var estimatedSize: Int {
        switch self {
        case .page(let result, _, _, _): 64 + result.count * 400
        case .list(let elements): 64 + elements.count * 400
        default: 512
        }
    }

    fileprivate func write(to writer: inout JSONWriter, cursor: ([JSONValue]) -> String) {
        switch self {
        case .nothing, .download, .web: break
        case .raw(let reply): writer.raw(reply.body)
        case .row(let result, let schema): writer.write(result, row: 0, keys: schema.keys)
        case .value(let value): writer.write(value)
        case .headed(let reply): if let body = reply.body { writer.write(body) }
        case .page(let result, let schema, let count, let next):
            writer.raw("{\"data\":[")
            for row in 0..<count {
                if row > 0 { writer.raw(",") }
                writer.write(result, row: row, keys: schema.keys)
            }
            writer.raw("],\"next_cursor\":")
            if let next { writer.write(cursor(next)) } else { writer.raw("null") }
            writer.raw("}")
        case .list(let elements):
            writer.raw("{\"data\":[")
            for (index, element) in elements.enumerated() {
                if index > 0 { writer.raw(",") }
                element.write(to: &writer, cursor: cursor)
            }
            writer.raw("],\"next_cursor\":null}")
        }
    }
}

extension ResultSet {
    /// One value in the form a cursor carries.
    func jsonValue(_ row: Int, _ column: Int) -> JSONValue {
        guard let cell = cell(row, column) else { return .null }
        switch columns[column].type {
        case .int8, .int4, .int2: return .integer(Int64(cell: cell, type: columns[column].type) ?? 0)
        case .timestamptz: return .string(cell.timestamp().description)
        case .uuid: return UUID(cell: cell, type: .uuid).map { .string($0.lowercased) } ?? .null
        default: return .string(cell.decodedText())
        }
    }
}
