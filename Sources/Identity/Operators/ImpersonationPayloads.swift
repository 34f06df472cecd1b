internal import PluginKit

/// A member to be impersonated, and why.
struct NewImpersonation: RequestPayload {
    let profile: ProfileID
    let reason: String
    let minutes: Int
    let mayWrite: Bool

    static let schema = Schema(
        "NewImpersonation",
        [
            Field("profile_id", .uuid, required: true, example: "0192f0c1-7a00-7000-8000-000000000002"),
            Field(
                "reason", .text(10...500), required: true, example: "Ticket 4711: the inbox of Ada stays empty",
                summary: "The tenant's admins can read it."),
            Field("minutes", .integer(1...10), example: 10),
            Field("may_write", .boolean, example: false, summary: "Without it only GET is answered."),
        ])

    init(_ record: Record) throws {
        profile = try record["profile_id"]
        reason = try record["reason"]
        minutes = record.has("minutes") ? try record["minutes"] : 10
        mayWrite = record.has("may_write") ? try record["may_write"] : false
    }
}

/// A token to act as a member with.
enum ImpersonationTokenPayload: Payload {
    static let schema = Schema(
        "ImpersonationToken",
        [
            Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000009"),
            Field("access_token", .text(max: 4096), secret: true, example: "eyJ…"),
            Field("token_type", .oneOf(["Bearer"]), example: "Bearer"),
            Field("expires_in", .integer(0...600), example: 600, summary: "Seconds."),
            Field("may_write", .boolean, example: false),
        ])
}

/// A time an operator acted as a member.
enum ImpersonationPayload: Payload {
    static let schema = Schema(
        "Impersonation",
        [
            Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000009"),
            Field("profile_id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000002"),
            Field("operator_id", .uuid, example: "0192f0c1-7a00-7000-8000-00000000000a"),
            Field("reason", .text(max: 500), example: "Ticket 4711: the inbox of Ada stays empty"),
            Field("may_write", .boolean, example: false),
            Field("expires_at", .timestamp, example: "2026-11-21T09:10:00.000000Z"),
            Field("ended_at", .timestamp, nullable: true, example: nil),
            Field("created_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
        ])
}
