package import PluginKit

/// A person of a tenant.
package enum MemberPayload: Payload {
    package static let schema = Schema(
        "Member",
        [
            Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000002"),
            Field(
                "email", .email, nullable: true, example: "ada@example.com",
                summary: "Null for who has only ever signed in through a provider."),
            Field("name", .text(1...200), example: "Ada"),
            Field("role", .text(1...36), example: "agent"),
            Field("status", .oneOf(["active", "disabled"]), example: "active"),
            Field("created_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
        ])
}

/// A person to be added: account, name and role.
package struct NewMember: RequestPayload {
    package let email: String
    package let name: String
    package let password: String
    package let role: Role

    package init(email: String, name: String, password: String, role: Role) {
        self.email = email
        self.name = name
        self.password = password
        self.role = role
    }

    package static let schema = Schema("NewMember", personFields + [RoleChoice.field])

    /// The fields of a person who has no role yet.
    static let personFields = [
        Field("email", .email, required: true, example: "ada@example.com"),
        Field("name", .text(1...200), required: true, example: "Ada"),
        Field("password", .text(10...200), required: true, example: "correct horse battery"),
    ]

    package init(_ record: Record) throws {
        try self.init(record, role: RoleChoice(try record["role"]).role)
    }

    init(_ record: Record, role: Role) throws {
        self.init(
            email: try record["email"], name: try record["name"], password: try record["password"], role: role)
    }
}

/// What of a person is to be changed; what is not named stays.
struct MemberChange: RequestPayload {
    let name: String?
    let role: Role?
    let status: String?

    static let schema = Schema(
        "MemberChange",
        [
            Field("name", .text(1...200), example: "Ada"),
            Field("role", .text(1...36), example: "agent", summary: RoleChoice.field.summary),
            Field("status", .oneOf(["active", "disabled"]), example: "active"),
        ])

    init(_ record: Record) throws {
        name = try record["name"]
        role = record.has("role") ? try RoleChoice(try record["role"]).role : nil
        status = try record["status"]
    }
}
