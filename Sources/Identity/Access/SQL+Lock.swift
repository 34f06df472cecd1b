internal import PluginKit

extension SQL {
    /// One at a time changes what a tenant has: two owners who remove each other at once must not both succeed, many who
    /// add at once must not all find the last place free, and what a person hands out must not slip past their removal.
    ///
    /// To be the first statement of the transaction.
    static func lock(_ tenant: TenantID) -> SQL {
        "SELECT FROM core.tenants WHERE id = \(tenant) FOR NO KEY UPDATE"
    }
}
