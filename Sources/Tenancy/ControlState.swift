package import Foundation
package import PluginKit

/// What every process must know of all tenants to let a request in: kept in memory, fed by `core.changes`.
package struct ControlState: Sendable {
    /// One tenant as the door sees it.
    package struct TenantState: Sendable {
        package let slug: String
        package let isActive: Bool
        /// Whether it is there to try things, which is all that a metric tells of a tenant.
        package let isTest: Bool
        /// Modules that were switched on or off; the others are as their manifest says.
        package let switches: [String: Bool]
        /// What was set for modules; the others are as their manifest says.
        package let settings: [String: JSONValue]
        /// The roles the tenant made, each with its permissions.
        package let roles: [UUID: [String: Scope]]
        /// The limits that hold, of the plan and of the tenant itself, by name.
        package let limits: [String: Int]
        /// The hosts under which visitors find the tenant, as `PublicHost` writes them.
        package let hosts: [String]

        package init(
            slug: String, isActive: Bool, isTest: Bool = false, switches: [String: Bool],
            settings: [String: JSONValue] = [:], roles: [UUID: [String: Scope]] = [:], limits: [String: Int] = [:],
            hosts: [String] = []
        ) {
            self.hosts = hosts
            self.settings = settings
            self.limits = limits
            self.slug = slug
            self.isActive = isActive
            self.isTest = isTest
            self.switches = switches
            self.roles = roles
        }
    }

    /// A customer's id is a module's own, so two tenants may have the same.
    private struct CustomerKey: Hashable {
        let tenant: TenantID
        let customer: UUID
    }

    private var tenants: [TenantID: TenantState] = [:]
    private var slugs: [String: TenantID] = [:]
    private var hosts: [String: TenantID] = [:]
    private var revokedSessions: [LoginSessionID: Timestamp] = [:]
    private var changedProfiles: [ProfileID: (epoch: Int64, at: Timestamp)] = [:]
    private var changedCustomers: [CustomerKey: (epoch: Int64, at: Timestamp)] = [:]
    private var teamRevisions: [TenantID: Int64] = [:]
    /// The signing keys of access tokens.
    package var tokenKeys: [TokenKeyRecord] = []
    /// The plugins that serve nobody, each with the reason.
    package var pausedPlugins: [String: PluginPause] = [:]
    /// The last change that is known here.
    package var revision: Int64 = 0

    /// The revision that everything was read at; what changed until then is not known one by one.
    private var origin: Int64 = 0

    package init() {}

    /// What is read as a whole at a revision.
    package init(readAt revision: Int64) {
        self.revision = revision
        origin = revision
    }

    /// Whether a tenant exists and is not suspended.
    package func isActive(_ tenant: TenantID) -> Bool { tenants[tenant]?.isActive ?? false }

    /// Whether it has been heard of a tenant.
    package func isKnown(_ tenant: TenantID) -> Bool { tenants[tenant] != nil }

    /// Whether a tenant is there to try things.
    package func isTest(_ tenant: TenantID) -> Bool { tenants[tenant]?.isTest ?? false }

    /// Whether a tenant has switched a module on or off; nil when it never did.
    package func isEnabled(_ module: String, for tenant: TenantID) -> Bool? { tenants[tenant]?.switches[module] }

    /// Whether a module serves a tenant, and if not, who said so first: a module is on until somebody switches it off.
    ///
    /// - Parameter isAlwaysOn: whether no tenant may switch it off.
    package func standing(of module: String, isAlwaysOn: Bool, for tenant: TenantID) -> ModuleStanding {
        if !isAlwaysOn, isEnabled(module, for: tenant) == false { return .switchedOff }
        return pausedPlugins[module] == nil ? .serving : .paused
    }

    /// What a tenant has set for a module; nil when nothing is.
    package func settings(_ module: String, of tenant: TenantID) -> JSONValue? { tenants[tenant]?.settings[module] }

    /// The permissions of a role that a tenant made; nil when there is none.
    package func role(_ id: UUID, of tenant: TenantID) -> [String: Scope]? { tenants[tenant]?.roles[id] }

    /// A limit of a tenant; nil when none holds.
    package func limit(_ name: String, of tenant: TenantID) -> Int? { tenants[tenant]?.limits[name] }

    /// Whether a login was ended.
    package func isRevoked(_ session: LoginSessionID) -> Bool { revokedSessions[session] != nil }

    /// Whether a person's role or status changed after `epoch`, so that what was issued then no longer holds.
    package func hasChanged(_ profile: ProfileID, since epoch: Int64) -> Bool {
        changedProfiles[profile].map { $0.epoch > epoch } ?? false
    }

    /// Whether a customer's tokens were ended after `epoch`.
    package func hasEnded(_ customer: UUID, of tenant: TenantID, since epoch: Int64) -> Bool {
        changedCustomers[CustomerKey(tenant: tenant, customer: customer)].map { $0.epoch > epoch } ?? false
    }

    /// Differs from what it was when the teams of a tenant have changed since, or may have.
    package func teamRevision(of tenant: TenantID) -> Int64 { teamRevisions[tenant] ?? origin }

    /// The teams of a tenant changed, as of this revision.
    package mutating func changeTeams(of tenant: TenantID, at revision: Int64) { teamRevisions[tenant] = revision }

    /// A tenant is as given, or gone when nil.
    package mutating func set(_ tenant: TenantID, _ state: TenantState?) {
        if let old = tenants[tenant] {
            // What another tenant has taken over since is theirs.
            if slugs[old.slug] == tenant { slugs[old.slug] = nil }
            for host in old.hosts where hosts[host] == tenant { hosts[host] = nil }
        }
        tenants[tenant] = state
        guard let state else { return }
        slugs[state.slug] = tenant
        for host in state.hosts { hosts[host] = tenant }
    }

    /// The tenant with this slug, suspended or not.
    package func tenant(slug: String) -> TenantID? { slugs[slug] }

    /// The slug of a tenant; nil when it is not known.
    package func slug(of tenant: TenantID) -> String? { tenants[tenant]?.slug }

    /// Whether any tenant has a host of its own.
    package var hasHosts: Bool { !hosts.isEmpty }

    /// The slug of the tenant that a host belongs to.
    package func slug(ofHost host: String) -> String? { hosts[host].flatMap { tenants[$0]?.slug } }

    /// A login was ended at an instant.
    package mutating func revoke(_ session: LoginSessionID, at instant: Timestamp) {
        revokedSessions[session] = instant
    }

    /// A person's role or status changed at an instant, to this epoch.
    package mutating func change(_ profile: ProfileID, to epoch: Int64, at instant: Timestamp) {
        changedProfiles[profile] = (max(epoch, changedProfiles[profile]?.epoch ?? 0), instant)
    }

    /// A customer's tokens were ended at an instant; those of this epoch hold.
    package mutating func end(_ customer: UUID, of tenant: TenantID, to epoch: Int64, at instant: Timestamp) {
        let key = CustomerKey(tenant: tenant, customer: customer)
        changedCustomers[key] = (max(epoch, changedCustomers[key]?.epoch ?? 0), instant)
    }

    /// Drops what no token can still refer to.
    package mutating func prune(before instant: Timestamp) {
        revokedSessions = revokedSessions.filter { $0.value >= instant }
        changedProfiles = changedProfiles.filter { $0.value.at >= instant }
        changedCustomers = changedCustomers.filter { $0.value.at >= instant }
    }
}

/// How a module stands with a tenant.
package enum ModuleStanding: Sendable {
    case serving
    /// The tenant switched it off.
    case switchedOff
    /// It serves nobody.
    case paused
}

/// Why a plugin serves nobody.
package struct PluginPause: Hashable, Sendable {
    /// A stable word: `operator`, `crashes`, `crashes_at_load`, `bisection`.
    package let code: String
    package let detail: String
    package let since: Timestamp

    package init(code: String, detail: String, since: Timestamp) {
        self.code = code
        self.detail = detail
        self.since = since
    }
}

/// A signing key of access tokens as the database has it, without its secret.
package struct TokenKeyRecord: Hashable, Sendable {
    package let id: String
    /// The first moment it may sign; every process knows it before.
    package let signsFrom: Timestamp
    /// The first moment it verifies no more; nil while it is in use.
    package let endsAt: Timestamp?

    package init(id: String, signsFrom: Timestamp, endsAt: Timestamp?) {
        self.id = id
        self.signsFrom = signsFrom
        self.endsAt = endsAt
    }
}
