internal import PluginKit

/// A role that a tenant made.
enum RolePayload: Payload {
    static let schema = Schema(
        "Role",
        [
            Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000005"),
            Field("name", .text(1...80), example: "Returns desk"),
            Field("permissions", .json(maximumBytes: 32_768), example: ["conversations.read": "team"]),
            Field("created_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
            Field("updated_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
        ])

    /// The field of a request.
    static func permissions(required: Bool) -> Field {
        Field(
            "permissions", .json(maximumBytes: 16_384), required: required, example: ["conversations.read": "team"],
            summary: "Permissions with their scope: all, or where the permission can be narrowed, team or assigned.")
    }

    /// Reads the field.
    ///
    /// - Throws: `Problem` 422 for a scope that is none.
    static func scopes(_ value: JSONValue) throws -> [String: Scope] {
        var scopes: [String: Scope] = [:]
        for member in value.members ?? [] {
            guard let scope = member.value.string.flatMap({ Scope(rawValue: $0) }) else {
                throw Problem.validation(
                    [
                        .init(
                            pointer: "/permissions/\(member.name.prefix(80))", code: "scope",
                            detail: "must be all, team or assigned")
                    ], code: "scope_unknown")
            }
            scopes[member.name] = scope
        }
        return scopes
    }
}

/// A role to be made.
struct NewRole: RequestPayload {
    let name: String
    let permissions: JSONValue
    let scopes: [String: Scope]

    static let schema = Schema(
        "NewRole",
        [
            Field("name", .text(1...80), required: true, example: "Returns desk"),
            RolePayload.permissions(required: true),
        ])

    init(_ record: Record) throws {
        name = try record["name"]
        permissions = try record["permissions"]
        scopes = try RolePayload.scopes(permissions)
    }
}

/// What of a role is to be changed.
struct RoleChange: RequestPayload {
    let name: String?
    let permissions: JSONValue?
    let scopes: [String: Scope]?

    static let schema = Schema(
        "RoleChange",
        [Field("name", .text(1...80), example: "Returns desk"), RolePayload.permissions(required: false)])

    init(_ record: Record) throws {
        name = try record["name"]
        permissions = try record["permissions"]
        scopes = try permissions.map { try RolePayload.scopes($0) }
    }
}
