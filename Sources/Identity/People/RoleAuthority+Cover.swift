internal import PluginKit
internal import Tenancy

extension RoleAuthority {
    /// Whether the holder of one role may, as the roles are now, hand another on.
    func covers(_ own: Role, _ other: Role, of tenant: TenantID) -> Bool {
        let held = control.read { $0.grant(of: own.claim, tenant) }
        let given = control.read { $0.grant(of: other.claim, tenant) }
        return permissions.covers(permissions.all(of: held), isOwner: own == .owner, given)
    }
}
