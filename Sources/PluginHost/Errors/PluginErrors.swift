internal import PluginKit

/// Errors of one plugin that are not written down yet: the newest few of each tenant, so that a plugin that does nothing
/// but fail costs no more than one that fails now and then. A plain value.
package struct PluginErrors: Sendable {
    /// The most of one tenant.
    package static let maximumPerTenant = 5
    /// The most tenants; those that come later are left out until the next time.
    package static let maximumTenants = 100

    private var errors: [TenantID: [PluginError]] = [:]

    package init() {}

    package var isEmpty: Bool { errors.isEmpty }

    /// Adds one, for which an older one of the tenant may go.
    package mutating func add(_ error: PluginError) {
        guard errors[error.tenant] != nil || errors.count < PluginErrors.maximumTenants else { return }
        errors[error.tenant, default: []].append(error)
        if errors[error.tenant]?.count ?? 0 > PluginErrors.maximumPerTenant { errors[error.tenant]?.removeFirst() }
    }

    /// Takes all of them out, oldest first.
    package mutating func take() -> [PluginError] {
        defer { errors = [:] }
        return errors.values.joined().sorted { $0.at < $1.at }
    }
}
