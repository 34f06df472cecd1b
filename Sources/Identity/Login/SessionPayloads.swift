package import PluginKit

/// What a login or a refresh answers.
package enum SessionPayload: Payload {
    package static let schema = Schema(
        "Session",
        [
            Field("access_token", .text(max: 4096), secret: true, example: "eyJ…"),
            Field("refresh_token", .text(max: 256), secret: true, example: "rmr_…"),
            Field("token_type", .oneOf(["Bearer"]), example: "Bearer"),
            Field("expires_in", .integer(0...86_400), example: 600, summary: "Seconds."),
            Field("tenant", .json(maximumBytes: 1024), example: ["id": "…", "slug": "acme", "name": "Acme Ltd"]),
            Field("profile", .json(maximumBytes: 1024), example: ["id": "…", "name": "Ada", "role": "admin"]),
        ])
}

/// E-mail, password, tenant and, where there is one, a second factor.
struct LoginRequest: RequestPayload {
    let email: String
    let password: String
    let tenant: String?
    let code: String?

    static let schema = Schema(
        "Login",
        [
            Field("email", .email, required: true, example: "ada@example.com"),
            Field("password", .text(1...200), required: true, example: "correct horse battery"),
            Field(
                "tenant", .text(1...63), nullable: true, example: "acme",
                summary: "The slug; needed by members of several."),
            SecondFactorPayload.code(required: false),
        ])

    init(_ record: Record) throws {
        email = try record["email"]
        password = try record["password"]
        tenant = try record["tenant"]
        code = try record["code"]
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

/// A login that stands.
enum LoginSessionPayload: Payload {
    static let schema = Schema(
        "LoginSession",
        [
            Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-00000000000b"),
            Field("current", .boolean, nullable: true, example: true, summary: "Whether it is the one that asks."),
            Field("user_agent", .text(max: 500), nullable: true, example: "Mozilla/5.0 …"),
            Field("address", .text(max: 64), nullable: true, example: "192.0.2.7"),
            Field("second_factor", .boolean, example: false),
            Field("last_used_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
            Field("expires_at", .timestamp, example: "2026-12-21T09:00:00.000000Z"),
            Field("created_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
        ])
}

/// Who the caller is.
enum MePayload: Payload {
    static let schema = Schema(
        "Me",
        [
            Field("tenant_id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000001"),
            Field("kind", .oneOf(["member", "api_key"]), example: "member"),
            Field(
                "profile_id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000002", summary: "A key's id for keys."),
            Field("role", .text(1...64), example: "admin"),
            Field("impersonated", .boolean, example: false, summary: "Whether an operator acts as this person."),
            Field("permissions", .array(.text(max: 80), 0...1000), example: ["members.read"]),
            Field("scopes", .json(maximumBytes: 65_536), example: ["members.read": "all"]),
        ])
}
