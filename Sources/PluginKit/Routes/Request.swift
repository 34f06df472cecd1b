/// What a handler sees of the HTTP request, after routing and validation.
public struct Request: Sendable {
    /// The id that the answer, the log lines and the events of this request carry.
    public let id: String
    /// The query parameters the route declares.
    public let query: Record
    /// The page asked for; the first of the default size when the route is no list.
    public let page: PageRequest
    private let parameters: [(name: String, value: String)]

    /// For the kernel, which has verified what it passes.
    @_spi(Kernel)
    public init(id: String, parameters: [(name: String, value: String)], query: Record, page: PageRequest) {
        self.id = id
        self.parameters = parameters
        self.query = query
        self.page = page
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

/// A request inside a tenant's session.
public struct Call: Sendable {
    /// The HTTP request behind the call.
    public let request: Request
    /// The tenant of the session; every statement says `tenant_id = \(call.tenant)` as well.
    public let tenant: TenantID
    /// Who acts.
    public let actor: Actor
    /// The login that the actor's token belongs to; nil for keys and jobs.
    public let session: LoginSessionID?
    /// The tenant's data.
    public let tx: TenantTx

    /// For the kernel, which has verified what it passes.
    @_spi(Kernel)
    public init(request: Request, tenant: TenantID, actor: Actor, session: LoginSessionID?, tx: TenantTx) {
        self.request = request
        self.tenant = tenant
        self.actor = actor
        self.session = session
        self.tx = tx
    }

    /// The page asked for.
    public var page: PageRequest { request.page }
    /// The query parameters the route declares.
    public var query: Record { request.query }

    /// A path parameter as an id; see `Request.path`.
    public func path<Entity>(_ name: String, as type: ID<Entity>.Type) throws -> ID<Entity> {
        try request.path(name, as: type)
    }
}
