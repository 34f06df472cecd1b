package import PluginKit

/// What every process must know of all tenants to let a request in: kept in memory, fed by `core.changes`.
package struct ControlState: Sendable {
    /// One tenant as the door sees it.
    package struct TenantState: Sendable {
        package let slug: String
        package let isActive: Bool
        /// Modules that were switched on or off; the others are as their manifest says.
        package let switches: [String: Bool]

        package init(slug: String, isActive: Bool, switches: [String: Bool]) {
            self.slug = slug
            self.isActive = isActive
            self.switches = switches
        }
    }

    private var tenants: [TenantID: TenantState] = [:]
    private var revokedSessions: [LoginSessionID: Timestamp] = [:]
    private var changedProfiles: [ProfileID: Timestamp] = [:]
    /// The last change that is known here.
    package var revision: Int64 = 0

    package init() {}

    /// Whether a tenant exists and is not suspended.
    package func isActive(_ tenant: TenantID) -> Bool { tenants[tenant]?.isActive ?? false }

    /// Whether a tenant has switched a module on or off; nil when it never did.
    package func isEnabled(_ module: String, for tenant: TenantID) -> Bool? { tenants[tenant]?.switches[module] }

    /// Whether a login was ended.
    package func isRevoked(_ session: LoginSessionID) -> Bool { revokedSessions[session] != nil }

    /// Whether a person's role or status changed after `instant`, so that what was issued before no longer holds.
    package func hasChanged(_ profile: ProfileID, since instant: Timestamp) -> Bool {
        changedProfiles[profile].map { $0 >= instant } ?? false
    }

    /// A tenant is as given, or gone when nil.
    package mutating func set(_ tenant: TenantID, _ state: TenantState?) { tenants[tenant] = state }

    /// A login was ended at an instant.
    package mutating func revoke(_ session: LoginSessionID, at instant: Timestamp) {
        revokedSessions[session] = instant
    }

    /// A person's role or status changed at an instant.
    package mutating func change(_ profile: ProfileID, at instant: Timestamp) { changedProfiles[profile] = instant }

    /// Drops what no token can still refer to.
    package mutating func prune(before instant: Timestamp) {
        revokedSessions = revokedSessions.filter { $0.value >= instant }
        changedProfiles = changedProfiles.filter { $0.value >= instant }
    }
}
