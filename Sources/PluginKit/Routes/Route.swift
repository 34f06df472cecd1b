/// One method and path of the API with everything the kernel needs to serve and document it.
public struct Route: Sendable {
    /// The HTTP method in capitals.
    public let method: String
    /// The path below `/v1`, with parameters in braces: `/conversations/{id}/messages`.
    public let path: String
    /// One sentence for the documentation.
    public let summary: String
    /// Who may call.
    public let access: Access
    /// The declared query parameters; a list also takes `limit` and `cursor`.
    public let query: Schema
    /// The parameters of the path, in order; those that `with(parameters:)` does not declare are UUIDs.
    public var parameters: [Field] {
        path.split(separator: "/").filter { $0.hasPrefix("{") }.map { segment in
            let name = String(segment.dropFirst().dropLast())
            return declared.first { $0.name == name }
                ?? Field(name, .uuid, required: true, example: "0192f0c1-7a00-7000-8000-000000000001")
        }
    }
    /// What the request's body is read as; nil when it has none.
    let input: (any RequestPayload.Type)?
    private var declared: [Field] = []
    /// Statuses of problems that only the handler knows of, beside those that follow from the declaration.
    public private(set) var problems: Set<Int> = []
    /// The fields of the answer, or of one element of a list; nil when there is none.
    public let answer: Schema?
    /// Whether the answer is a page of a list.
    public let isList: Bool
    /// The status of success.
    public let status: Int
    /// Whether `If-Match` is honoured: the handler compares `call.expectedVersions`.
    public let takesIfMatch: Bool
    /// Whether query parameters that are not declared are ignored instead of refused.
    public private(set) var ignoresUnknownParameters = false
    /// Whether it answers with headers of its own, which only the browser that asked may have.
    public private(set) var isForBrowsers = false
    /// Whether a browser that asks for a page is answered with one.
    @_spi(Kernel) public private(set) var showsPage = false
    /// What is taken instead of JSON; nil when the route reads JSON or nothing.
    public let rawInput: RawInput?
    /// What the answer is made of.
    @_spi(Kernel) public let medium: ReplyMedium
    /// Whether the answer has a field that is shown once, so that it is kept nowhere.
    @_spi(Kernel) public let showsSecret: Bool
    /// Whether it makes something by which somebody can come in later. Whoever acts in somebody's place may not.
    @_spi(Kernel) public private(set) var makesCredentials: Bool
    let handler: Handler

    init(
        _ method: String, _ path: String, _ summary: String, _ access: Access, query: [Field] = [],
        body: (any RequestPayload.Type)? = nil, answer: Schema? = nil, isList: Bool = false, status: Int = 200,
        takesIfMatch: Bool = false, rawInput: RawInput? = nil, medium: ReplyMedium = .json, handler: Handler
    ) {
        self.rawInput = rawInput
        self.medium = medium
        self.takesIfMatch = takesIfMatch
        self.method = method
        self.path = path
        self.summary = summary
        self.access = access
        self.query = Schema("Query", query)
        self.input = body
        self.answer = answer
        showsSecret = answer?.holdsSecret ?? false
        makesCredentials = showsSecret
        self.isList = isList
        self.status = status
        self.handler = handler
    }

    /// Who may call a route.
    public enum Access: Hashable, Sendable {
        /// A session whose role grants this permission.
        case permission(String)
        /// Any session of a tenant's member or key.
        case session
        /// A customer's token, and no other: each sees what is theirs.
        case customer
        /// An operator's token.
        case `operator`
        /// Anybody.
        case `public`
        /// Anybody, in the tenant that path or host names: reads what is published.
        case visitor
        /// Whoever has an address for a hook, in the tenant of the address.
        case hook
    }

    enum Handler: Sendable {
        case call(@Sendable (Call, JSONValue) async throws -> ReplyContent)
        case request(@Sendable (Request, JSONValue) async throws -> ReplyContent)
        case upload(@Sendable (Call, RawBody) async throws -> ReplyContent)
        case raw(@Sendable (Call, RawMessage) async throws -> ReplyContent)
    }
}

extension Route {
    /// The fields of the request's body; nil when it has none.
    public var body: Schema? { input?.schema }

    /// The same route, with what the parameters of its path are where they are no UUIDs.
    public func with(parameters: [Field]) -> Route {
        var route = self
        route.declared = parameters
        return route
    }

    /// The same route, which may also answer these statuses of problems: those its handler throws of itself, such as
    /// 404 for something that the body refers to.
    public func answering(_ problems: Int...) -> Route { answering(Set(problems)) }

    func answering(_ problems: Set<Int>) -> Route {
        var route = self
        route.problems.formUnion(problems)
        return route
    }
}

@_spi(Kernel)
extension Route {
    /// The same route for browsers, who may be sent there by others with whatever they add to the address.
    func forBrowsers(ignoringUnknownParameters isTolerant: Bool = false, showingPage: Bool = false) -> Route {
        var route = self
        route.isForBrowsers = true
        route.ignoresUnknownParameters = isTolerant
        route.showsPage = showingPage
        return route
    }

    /// The same route, which makes a credential though its answer shows none.
    public func makingCredentials() -> Route {
        var route = self
        route.makesCredentials = true
        return route
    }

    /// Whether the answer is a `Download`.
    public var isDownload: Bool { medium == .download }

    /// Reads a body as the handler would, and runs nothing.
    ///
    /// - Throws: `Problem` 422 with a pointer for each wrong field.
    public func check(body: JSONValue) throws {
        if let input { _ = try input.decode(body) }
    }

    /// The path without the names of its parameters: what two routes with one method may not share.
    public var shape: String {
        path.split(separator: "/").map { $0.hasPrefix("{") ? "{}" : $0 }.joined(separator: "/")
    }

    /// Runs the handler of a route that needs a session.
    public func respond(to call: Call, body: JSONValue) async throws -> Reply {
        guard case .call(let handler) = handler else { throw Problem.notFound }
        return Reply(route: self, content: try await handler(call, body))
    }

    /// Whether the body is a `RawBody` of any type.
    public var takesRawBody: Bool {
        if case .upload = handler { true } else { false }
    }

    /// Runs the handler of a route that takes a raw message.
    public func respond(to call: Call, message: RawMessage) async throws -> Reply {
        guard case .raw(let handler) = handler else { throw Problem.notFound }
        return Reply(route: self, content: try await handler(call, message))
    }

    /// Runs the handler of a route that takes a raw body.
    public func respond(to call: Call, raw body: RawBody) async throws -> Reply {
        guard case .upload(let handler) = handler else { throw Problem.notFound }
        return Reply(route: self, content: try await handler(call, body))
    }

    /// Runs the handler of a route for operators or for anybody.
    public func respond(to request: Request, body: JSONValue) async throws -> Reply {
        guard case .request(let handler) = handler else { throw Problem.notFound }
        return Reply(route: self, content: try await handler(request, body))
    }

    /// Validates the query's parameters against the route's declaration; numbers and flags are read from their text.
    ///
    /// - Throws: `Problem` 422 with `?name` for each wrong parameter.
    public func decodeQuery(_ parameters: [(name: String, value: String)]) throws -> Record {
        guard !parameters.isEmpty || query.fields.contains(where: \.isRequired) else {
            return Record(schema: query, values: Array(repeating: nil, count: query.fields.count))
        }
        var validation = Validation()
        var values = [JSONValue?](repeating: nil, count: query.fields.count)
        var seen: Set<String> = []
        for (name, text) in parameters {
            guard seen.insert(name).inserted else {
                validation.fail("?\(name.prefix(64))", "repeated", "must be given once")
                continue
            }
            if isList, name == "limit" || name == "cursor" { continue }
            guard let index = query.index(of: name) else {
                if ignoresUnknownParameters { continue }
                validation.fail("?\(name.prefix(64))", "unknown", "there is no such parameter here")
                continue
            }
            let type = query.fields[index].type
            values[index] = validation.checked(type.value(ofParameter: text), type, at: "?\(name)")
        }
        for (index, field) in query.fields.enumerated() where field.isRequired && values[index] == nil {
            if !seen.contains(field.name) { validation.fail("?\(field.name)", "required", "must be given") }
        }
        guard validation.errors.isEmpty else { throw Problem.validation(validation.errors) }
        return Record(schema: query, values: values)
    }
}

extension FieldType {
    fileprivate func value(ofParameter text: String) -> JSONValue {
        switch self {
        case .integer: FieldType.integer(text) ?? .string(text)
        case .number: FieldType.number(text) ?? .string(text)
        case .boolean: text == "true" ? true : text == "false" ? false : .string(text)
        default: .string(text)
        }
    }

    /// A whole number as JSON writes it, without plus sign and leading zeros.
    private static func integer(_ text: String) -> JSONValue? {
        guard case .integer(let number)? = try? JSONParser.parse(Array(text.utf8)) else { return nil }
        return .integer(number)
    }

    /// A number as JSON writes it: not-a-number, infinity and hexadecimal digits are none.
    private static func number(_ text: String) -> JSONValue? {
        switch try? JSONParser.parse(Array(text.utf8)) {
        case .integer(let number): .number(Double(number))
        case .number(let number): .number(number)
        default: nil
        }
    }
}
