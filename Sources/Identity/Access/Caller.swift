package import PluginKit
package import Tenancy

/// Who sends a request, verified: the session it may open, and what it may do there.
package struct Caller: Sendable {
    /// The right to the tenant's data.
    package let session: TenantSession
    /// The login of a member; nil for keys and customers.
    package let login: LoginSessionID?
    /// What the principal holds.
    package let grant: Grant
    /// The operator who acts as this member, when one does.
    package let impersonator: Impersonator?
    /// The most requests a minute that the key may send; nil when only the tenant's limit holds.
    package let requestsPerMinute: Int?
    /// What stands behind all of this, to be asked again.
    let proof: Proof
    /// The first moment at which the proof says nothing any more; nil when there is none.
    package let expiresAt: Timestamp?

    /// How a caller was known.
    enum Proof: Sendable {
        /// An access token.
        case token(String)
        /// An API key.
        case key(ID<APIKey>)
        /// An address of a hook, which was looked up for this one call.
        case address
        /// The queue: what the platform does by itself.
        case job
    }

    /// The platform itself, which runs a job and may do all there is.
    package static func job(_ session: TenantSession, permissions: Permissions) -> Caller {
        let all = Dictionary(permissions.known.map { ($0, Scope.all) }, uniquingKeysWith: { first, _ in first })
        return Caller(
            session: session, login: nil, grant: .listed(all), impersonator: nil, requestsPerMinute: nil, proof: .job,
            expiresAt: nil)
    }

    /// Whoever calls an address of a hook that was looked up.
    package static func hook(_ session: TenantSession, permissions: [String: Scope]) -> Caller {
        Caller(
            session: session, login: nil, grant: .listed(permissions), impersonator: nil, requestsPerMinute: nil,
            proof: .address, expiresAt: nil)
    }

    /// An operator in somebody else's place.
    package struct Impersonator: Hashable, Sendable {
        package let id: ID<Operator>
        package let mayWrite: Bool
    }
}
