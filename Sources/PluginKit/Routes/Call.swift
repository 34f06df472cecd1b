public import Foundation

/// A request inside a tenant's session.
public struct Call: Sendable {
    /// The HTTP request behind the call.
    public let request: Request
    /// The tenant of the session; every statement says `tenant_id = \(call.tenant)` as well.
    public let tenant: TenantID
    /// Who acts.
    public let actor: Actor
    /// The login that the actor's token belongs to; nil for keys, customers and jobs.
    public let session: LoginSessionID?
    /// How far the route's permission reaches for this actor.
    public let scope: Scope
    /// The people in the actor's teams and the actor, when the scope is `.team`; else empty.
    public let teammates: [ProfileID]
    /// Everything the actor may do, and how far each permission reaches.
    public let permissions: [String: Scope]
    /// The operator who acts in the actor's place, when one does.
    @_spi(Kernel) public let impersonator: UUID?
    /// Whether an operator acts in the actor's place.
    public var isImpersonated: Bool { impersonator != nil }
    /// Until when work may be begun that is to be in the answer; nil for no deadline.
    @_spi(Kernel) public let beginsUntil: ContinuousClock.Instant?
    /// The tenant's data.
    public let tx: TenantTx
    let services: ModuleServices

    /// For the kernel, which has verified what it passes.
    @_spi(Kernel)
    public init(
        request: Request, tenant: TenantID, actor: Actor, session: LoginSessionID?, scope: Scope = .all,
        teammates: [ProfileID] = [], permissions: [String: Scope] = [:], impersonator: UUID? = nil, tx: TenantTx,
        services: ModuleServices = .none, beginsUntil: ContinuousClock.Instant? = nil
    ) {
        self.services = services
        self.beginsUntil = beginsUntil
        self.impersonator = impersonator
        self.scope = scope
        self.teammates = teammates
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

    /// The versions of which `If-Match` expects one, as `(… IS NULL OR updated_at = ANY(…))` of the UPDATE; nil when
    /// any will do.
    public var expectedVersions: [Timestamp]? { request.expectedVersions }

    /// What an UPDATE or DELETE answers that found no row: gone, or no longer of a version expected.
    public var notChanged: Problem {
        expectedVersions == nil
            ? .notFound
            : Problem(
                status: 412, code: "precondition_failed",
                detail: "This is not, or no longer, as If-Match says; read it again.")
    }
}
