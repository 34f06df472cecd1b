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
    /// How far the route's permission reaches for this actor.
    public let scope: Scope
    /// Everything the actor may do, and how far each permission reaches.
    public let permissions: [String: Scope]
    /// Whether an operator acts in the actor's place.
    public let isImpersonated: Bool
    /// The tenant's data.
    public let tx: TenantTx

    /// For the kernel, which has verified what it passes.
    @_spi(Kernel)
    public init(
        request: Request, tenant: TenantID, actor: Actor, session: LoginSessionID?, scope: Scope = .all,
        permissions: [String: Scope] = [:], isImpersonated: Bool = false, tx: TenantTx
    ) {
        self.isImpersonated = isImpersonated
        self.scope = scope
        self.permissions = permissions
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
