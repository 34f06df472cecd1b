/// Whom a token is meant for, its `aud` (RFC 7519 section 4.1.3): always one, and checked by the receiver.
package struct TokenAudience: Sendable, Hashable, CustomStringConvertible {
    /// The tenants' API: members acting for one tenant.
    package static let api = TokenAudience(rawValue: "api")

    /// What the customers of one tenant may call, and nobody else.
    package static let customer = TokenAudience(rawValue: "customer")

    /// The installation's own API, across tenants; its tokens name no tenant.
    package static let `operator` = TokenAudience(rawValue: "operator")

    /// The name as it stands in the claim.
    package let rawValue: String

    private init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The name.
    package var description: String { rawValue }

    /// Whether a token for this audience names a tenant. One that should and doesn't, or the reverse, is refused.
    var namesTenant: Bool { self != .operator }
}
