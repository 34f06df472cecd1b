public import Foundation

/// What a handler sees of the HTTP request, after routing and validation.
public struct Request: Sendable {
    /// The id that the answer, the log lines and the events of this request carry.
    public let id: String
    /// The query parameters the route declares.
    public let query: Record
    /// The page asked for; the first of the default size when the route is no list.
    public let page: PageRequest
    /// Whose request it is, as far as the network tells.
    public let client: Client
    /// The operator who asks, on operators' routes.
    @_spi(Kernel) public let operatorID: UUID?
    /// The versions of which the caller expects one, from `If-Match`; nil when any will do, empty when none can.
    /// Only routes that say so are given some.
    public let expectedVersions: [Timestamp]?
    /// What the paths of public routes are below for whoever asks: `/public/acme`, or nothing on a host of the tenant's.
    public let publicRoot: String
    private let parameters: [(name: String, value: String)]
    private let cookies: String?

    /// The other end of the connection.
    public struct Client: Hashable, Sendable {
        /// The IP address; nil when it is not known.
        public let address: String?
        /// What the client calls itself, at most 500 characters; never to be trusted.
        public let userAgent: String?

        /// A client, for the kernel and for tests.
        public init(address: String? = nil, userAgent: String? = nil) {
            self.address = address
            self.userAgent = userAgent.map { String($0.unicodeScalars.prefix(500)) }
        }
    }

    /// For the kernel, which has verified what it passes.
    ///
    /// - Parameter cookies: the header `Cookie`, of which only the kernel's own routes learn.
    @_spi(Kernel)
    public init(
        id: String, parameters: [(name: String, value: String)], query: Record, page: PageRequest,
        client: Client = Client(), operatorID: UUID? = nil, expectedVersions: [Timestamp]? = nil,
        cookies: String? = nil, publicRoot: String = ""
    ) {
        self.publicRoot = publicRoot
        self.expectedVersions = expectedVersions
        self.operatorID = operatorID
        self.id = id
        self.client = client
        self.parameters = parameters
        self.query = query
        self.page = page
        self.cookies = cookies
    }

    /// The same request, asking for a page of a list.
    @_spi(Kernel)
    public func asking(for page: PageRequest) -> Request {
        Request(
            id: id, parameters: parameters, query: query, page: page, client: client, operatorID: operatorID,
            expectedVersions: expectedVersions, cookies: cookies, publicRoot: publicRoot)
    }

    /// The value of the first cookie of this name (RFC 6265 §5.4).
    @_spi(Kernel)
    public func cookie(_ name: String) -> String? {
        for pair in (cookies ?? "").split(separator: ";") {
            let text = pair.drop { $0 == " " }
            if text.hasPrefix("\(name)=") { return String(text.dropFirst(name.count + 1)) }
        }
        return nil
    }

    /// The text of a path parameter.
    ///
    /// - Throws: `Problem.notFound` when the route has no such parameter.
    public func path(_ name: String) throws -> String {
        guard let value = parameters.first(where: { $0.name == name })?.value else { throw Problem.notFound }
        return value
    }

    /// A path parameter as an id. Whatever is no UUID names nothing, so it answers like a missing row.
    ///
    /// - Throws: `Problem.notFound`.
    public func path<Entity>(_ name: String, as _: ID<Entity>.Type) throws -> ID<Entity> {
        guard let id = ID<Entity>(try path(name)) else { throw Problem.notFound }
        return id
    }
}
