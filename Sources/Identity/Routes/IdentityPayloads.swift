package import PluginKit

/// A tenant as operators see it.
package enum TenantPayload: Payload {
    package static let schema = Schema(
        "Tenant",
        [
            Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000001"),
            Field("slug", .text(2...63), example: "acme"),
            Field("name", .text(1...200), example: "Acme Ltd"),
            Field("status", .oneOf(["active", "suspended"]), example: "active"),
            Field("is_test", .boolean, example: false),
            Field("created_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
            Field("updated_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
        ])
}

/// A person of a tenant.
package enum MemberPayload: Payload {
    package static let schema = Schema(
        "Member",
        [
            Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000002"),
            Field("email", .email, example: "ada@example.com"),
            Field("name", .text(1...200), example: "Ada"),
            Field("role", .oneOf(["admin", "agent"]), example: "agent"),
            Field("status", .oneOf(["active", "disabled"]), example: "active"),
            Field("created_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
        ])
}

/// A person to be added: account, name and role.
package struct NewMember: RequestPayload {
    package let email: String
    package let name: String
    package let password: String
    package let role: String

    package init(email: String, name: String, password: String, role: String) {
        self.email = email
        self.name = name
        self.password = password
        self.role = role
    }

    package static let schema = Schema(
        "NewMember",
        personFields + [
            Field("role", .oneOf(["admin", "agent"]), required: true, example: "agent")
        ])

    /// The fields of a person who has no role yet.
    static let personFields = [
        Field("email", .email, required: true, example: "ada@example.com"),
        Field("name", .text(1...200), required: true, example: "Ada"),
        Field("password", .text(10...200), required: true, example: "correct horse battery"),
    ]

    package init(_ record: Record) throws {
        email = try record["email"]
        name = try record["name"]
        password = try record["password"]
        role = record.has("role") ? try record["role"] : "admin"
    }
}

/// A tenant to be created, with its first admin.
struct NewTenant: RequestPayload {
    let slug: String
    let name: String
    let isTest: Bool
    let admin: NewMember

    static let schema = Schema(
        "NewTenant",
        [
            Field(
                "slug", .slug(2...63), required: true, example: "acme",
                summary: "Lower-case letters, digits and inner hyphens."),
            Field("name", .text(1...200), required: true, example: "Acme Ltd"),
            Field("is_test", .boolean, example: false),
            Field(
                "admin", .object(Schema("NewAdmin", NewMember.personFields)), required: true,
                example: [
                    "email": "ada@example.com", "name": "Ada", "password": "correct horse battery",
                ]),
        ])

    init(_ record: Record) throws {
        slug = try record["slug"]
        name = try record["name"]
        isTest = record.has("is_test") ? try record["is_test"] : false
        admin = try NewMember(try record["admin"])
    }
}

/// What a login or a refresh answers.
package enum SessionPayload: Payload {
    package static let schema = Schema(
        "Session",
        [
            Field("access_token", .text(max: 4096), example: "eyJ…"),
            Field("refresh_token", .text(max: 256), example: "rmr_…"),
            Field("token_type", .oneOf(["Bearer"]), example: "Bearer"),
            Field("expires_in", .integer(0...86_400), example: 600, summary: "Seconds."),
            Field("tenant", .json(maximumBytes: 1024), example: ["id": "…", "slug": "acme", "name": "Acme Ltd"]),
            Field("profile", .json(maximumBytes: 1024), example: ["id": "…", "name": "Ada", "role": "admin"]),
        ])
}

/// E-mail, password and tenant.
struct LoginRequest: RequestPayload {
    let email: String
    let password: String
    let tenant: String?

    static let schema = Schema(
        "Login",
        [
            Field("email", .email, required: true, example: "ada@example.com"),
            Field("password", .text(1...200), required: true, example: "correct horse battery"),
            Field(
                "tenant", .text(1...63), nullable: true, example: "acme",
                summary: "The slug; needed by members of several."),
        ])

    init(_ record: Record) throws {
        email = try record["email"]
        password = try record["password"]
        tenant = try record["tenant"]
    }
}

/// A refresh token.
struct RefreshRequest: RequestPayload {
    let refreshToken: String

    static let schema = Schema("Refresh", [Field("refresh_token", .text(1...256), required: true, example: "rmr_…")])

    init(_ record: Record) throws {
        refreshToken = try record["refresh_token"]
    }
}

/// Who the caller is.
enum MePayload: Payload {
    static let schema = Schema(
        "Me",
        [
            Field("tenant_id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000001"),
            Field("profile_id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000002"),
            Field("role", .oneOf(["admin", "agent"]), example: "admin"),
            Field("permissions", .array(.text(max: 80), 0...1000), example: ["members.read"]),
        ])
}
