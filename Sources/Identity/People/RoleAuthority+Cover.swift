internal import PluginKit
internal import Tenancy

extension RoleAuthority {
    /// Whether the holder of one role may, as the roles are now, hand another on.
    func covers(_ own: Role, _ other: Role, of tenant: TenantID) -> Bool {
        let held = control.read { $0.grant(of: own.claim, tenant) }
        let given = control.read { $0.grant(of: other.claim, tenant) }
        return permissions.covers(permissions.all(of: held), isOwner: own == .owner, given)
    }

    /// What the holder of a role may still do over everything who gets another one; nil where that is no less.
    func left(of present: Role, as next: Role?, of tenant: TenantID) -> [String]? {
        guard let next, !covers(next, present, of: tenant) else { return nil }
        return unlimited(next, of: tenant)
    }

    /// What the holder of a role may do over everything, as keys may what they name.
    func unlimited(_ role: Role, of tenant: TenantID) -> [String] {
        let grant = control.read { $0.grant(of: role.claim, tenant) }
        return permissions.all(of: grant).filter { $0.value == .all }.keys.sorted()
    }
}
