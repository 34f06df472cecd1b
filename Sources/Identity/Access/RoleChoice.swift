internal import PluginKit
internal import Tenancy

/// A role named in a request: one of the built-in words, or the id of one of the tenant's own.
struct RoleChoice: Sendable {
    /// The field of a request.
    static let field = Field(
        "role", .text(1...36), required: true, example: "agent",
        summary: "owner, admin, agent, viewer, or the id of a role of this tenant.")

    let role: Role

    /// Reads the field.
    ///
    /// - Throws: `Problem` 422 when it is neither a word nor an id.
    init(_ text: String, at pointer: String = "/role") throws {
        if let role = Role(text, nil) {
            self.role = role
        } else if let id = ID<CustomRole>(text) {
            role = .custom(id)
        } else {
            throw Problem.validation(
                [
                    .init(pointer: pointer, code: "role", detail: "must be owner, admin, agent, viewer or a role's id")
                ], code: "role_unknown")
        }
    }
}

/// Decides who may give or take which role.
struct RoleAuthority: Sendable {
    let permissions: Permissions
    let control: ControlPlane

    static let forbidden = Problem(
        status: 403, code: "role_forbidden", detail: "This role may do more than you may hand on.")

    /// Refuses a role that the caller does not cover, or that the tenant does not have.
    ///
    /// - Throws: `Problem` 403 `role_forbidden`; 422 `reference_missing`.
    func require(_ role: Role, by call: Call) throws {
        guard let grant = grant(of: role, call.tenant) else {
            throw Problem(status: 422, code: "reference_missing", detail: "There is no such role.")
        }
        let isOwner = call.actor.kind == .member && call.actor.role == Role.owner.claim
        guard permissions.covers(call.permissions, isOwner: isOwner, grant) else {
            throw RoleAuthority.forbidden
        }
    }

    /// Whether the caller covers a role.
    func allows(_ role: Role, by call: Call) -> Bool { (try? require(role, by: call)) != nil }

    /// Refuses permissions that the caller does not have, or that do not exist.
    ///
    /// - Throws: `Problem` 403 `role_forbidden`; 422 for an unknown name, or a scope that its routes do not go by.
    func require(_ scopes: [String: Scope], by call: Call, at pointer: String = "/permissions") throws {
        let known = Set(permissions.known)
        let unknown = scopes.keys.filter { !known.contains($0) }.sorted()
        guard unknown.isEmpty else {
            throw Problem.validation(
                [
                    .init(
                        pointer: pointer, code: "unknown",
                        detail:
                            "must name known permissions; not \(unknown.prefix(5).map { $0.prefix(80) }.joined(separator: ", "))"
                    )
                ], code: "permission_unknown")
        }
        guard permissions.covers(call.permissions, isOwner: false, .listed(scopes)) else {
            throw Problem(
                status: 403, code: "role_forbidden", detail: "You cannot hand on what you may not do yourself.")
        }
        let undivided = scopes.filter { !permissions.allows($0.value, of: $0.key) }.keys.sorted()
        guard undivided.isEmpty else {
            throw Problem.validation(
                undivided.map {
                    .init(pointer: "\(pointer)/\($0)", code: "scope", detail: "can only be had over everything: all")
                }, code: "scope_unknown")
        }
    }

    private func grant(of role: Role, _ tenant: TenantID) -> Grant? {
        guard case .custom(let id) = role else { return .builtIn(role.word) }
        return control.read { $0.role(id.uuid, of: tenant) }.map { .listed($0) }
    }
}
