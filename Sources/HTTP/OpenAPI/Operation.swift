internal import Files
@_spi(Kernel) internal import PluginKit
internal import Tenancy

/// One method of one path as it is described, be it a route of the table or an answer of the server's own.
struct Operation: Sendable {
    /// The name that generated clients call it by; stable as long as method and path are.
    var id: String
    /// In lower case.
    let method: String
    let path: String
    /// The group: a module with its title, or the first segment of a kernel's path.
    let tag: (name: String, title: String)
    let summary: String
    let access: Route.Access
    let parameters: [Field]
    let query: [Field]
    let body: Schema?
    /// Whether the body is bytes of any kind.
    let takesRawBody: Bool
    /// Those that such a body may be of.
    var mediaTypes = ["application/octet-stream"]
    let status: Int
    let answer: Answer
    /// Whether browsers that ask for a page are answered with one.
    var showsPage = false
    /// Whether `Idempotency-Key` is refused, because no answer is kept.
    var refusesIdempotencyKey = false
    /// The headers that have an effect on it.
    var headers: [HeaderParameter] = []
    /// Whether customers may call it beside members and keys.
    var isForCustomersToo = false
    /// The statuses of the problems it may answer, ascending.
    let problems: [Int]

    /// The body of a successful answer.
    enum Answer: Sendable {
        case nothing
        case object(Schema)
        case list(Schema)
        /// Content that is not made of fields, such as a page of HTML.
        case content(type: String, schema: JSONValue)
        /// Bytes of any of these types, whole or a range of them.
        case download(types: [String])
        /// Bytes of any of these types, as lines without end in sight.
        case lines(types: [String])
        /// Whatever a module answers, or nothing.
        case raw
    }
}

extension Operation {
    /// A route of the table.
    init(_ mounted: MountedRoute) {
        let route = mounted.route
        id = Operation.id(route.method, mounted.path, isList: route.isList)
        method = route.method.lowercased()
        path = mounted.path
        let segment = route.path.split(separator: "/").first.map(String.init) ?? "romashka"
        tag = mounted.module.map { ($0.name.description, $0.title) } ?? (segment, "Romashka: \(segment)")
        summary = route.summary
        access = route.access
        parameters = mounted.parameters
        query = route.query.fields + (route.isList ? Operation.pageFields : [])
        body = route.body
        takesRawBody = route.takesRawBody || route.access == .hook
        mediaTypes = route.rawInput?.mediaTypes ?? ["application/octet-stream"]
        status = route.status
        answer = Operation.answer(of: route)
        showsPage = route.showsPage
        refusesIdempotencyKey = IdempotencyHeader.keepsNoAnswers(route)
        headers = HeaderParameter.taken(by: route)
        problems = Operation.problems(of: mounted)
    }

    /// What the server answers without a route: open to anybody, without parameters but for headers.
    init(
        _ path: String, tag: String, _ summary: String, answer: Answer, headers: [HeaderParameter] = [],
        problems: [Int] = []
    ) {
        id = Operation.id("GET", path, isList: false)
        method = "get"
        self.path = path
        self.tag = (tag, "Romashka: \(tag)")
        self.summary = summary
        access = .public
        parameters = []
        query = []
        body = nil
        takesRawBody = false
        mediaTypes = []
        status = 200
        self.answer = answer
        self.headers = headers
        self.problems = problems
    }

    private static func answer(of route: Route) -> Answer {
        switch route.medium {
        case .json: route.answer.map { route.isList ? .list($0) : .object($0) } ?? .nothing
        case .download: .download(types: ContentType.all)
        case .page: .content(type: "text/html", schema: ["type": "string"])
        case .raw: .raw
        case .export: .lines(types: ExportFormat.allCases.map(\.mediaType))
        }
    }

    /// The parameters that every list takes.
    private static let pageFields = [
        Field(
            "limit", .integer(1...Int64(PageRequest.maximumLimit)), example: .integer(Int64(PageRequest.defaultLimit)),
            summary: "Elements on a page, \(PageRequest.defaultLimit) unless given."),
        Field(
            "cursor", .text(1...CursorCodec.maximumLength), example: nil,
            summary: "The next_cursor of the page before; nothing else is taken."),
    ]

    /// What can go wrong follows from what a route takes and who may call it; see API, RequestBody and ProblemMapping.
    private static func problems(of mounted: MountedRoute) -> [Int] {
        let route = mounted.route
        var statuses = route.problems.union([400, 422, 503])
        if ![.public, .visitor, .hook].contains(route.access) { statuses.insert(401) }
        switch route.access {
        case .session, .permission, .customer:
            statuses.formUnion(route.method == "GET" ? [403, 429] : [403, 409, 429])
        case .public: statuses.insert(429)
        case .operator: statuses.formUnion(route.method == "GET" ? [429] : [409, 429])
        case .visitor: statuses.formUnion([403, 404, 429])
        case .hook: break
        }
        if route.takesIfMatch { statuses.insert(412) }
        if !route.parameters.isEmpty || mounted.module?.isAlwaysOn == false { statuses.insert(404) }
        if mounted.module != nil || route.access == .hook { statuses.insert(504) }
        if route.isDownload { statuses.insert(416) }
        if route.rawInput != nil { statuses.formUnion([408, 413, 415]) }
        if route.body != nil { statuses.formUnion(route.access == .public ? [413, 415] : [409, 413, 415]) }
        return statuses.sorted()
    }

    /// `GET /v1/conversations/{id}/messages`, a list, becomes `listConversationsByIdMessages`.
    private static func id(_ method: String, _ path: String, isList: Bool) -> String {
        let words = path.split(separator: "/").drop { $0 == "v1" }.flatMap { segment -> [Substring] in
            let words = segment.split { !$0.isLetter && !$0.isNumber }
            return segment.hasPrefix("{") ? ["by"] + words : words
        }
        return (isList ? "list" : method.lowercased()) + words.map(\.capitalizedFirst).joined()
    }
}

extension Substring {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
