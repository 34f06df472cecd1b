internal import PluginKit

/// Whom a login is for.
struct SessionMember {
    let profile: ProfileID
    let name: String
    let role: Role
    let epoch: Int64
    let tenant: TenantID
    let slug: String
    let tenantName: String

    init(_ row: Row) throws {
        profile = try row.get("profile_id")
        name = try row.get("name")
        role = Role(try row.get("role"), try row.get("role_id")) ?? .viewer
        epoch = try row.get("epoch")
        tenant = try row.get("tenant_id")
        slug = try row.get("slug")
        tenantName = try row.get("tenant_name")
    }
}
