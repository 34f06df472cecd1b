internal import PluginKit

/// An open invitation.
enum InvitationPayload: Payload {
    static let schema = Schema("Invitation", fields)

    static let fields = [
        Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000007"),
        Field("email", .email, example: "grace@example.com"),
        Field("role", .text(1...36), example: "agent"),
        Field("mail", .oneOf(["none", "waiting", "sent", "refused"]), example: "none"),
        Field("expires_at", .timestamp, example: "2026-11-28T09:00:00.000000Z"),
        Field("created_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
    ]
}

/// A new invitation with its secret.
enum CreatedInvitationPayload: Payload {
    static let schema = Schema(
        "CreatedInvitation",
        InvitationPayload.fields + [
            Field(
                "token", .text(max: 128), nullable: true, secret: true, example: "rmi_…",
                summary: "Shown this once; send it to the person. Null when it is mailed: then only they see it.")
        ])
}

/// Somebody to be invited.
struct NewInvitation: RequestPayload {
    let email: String
    let role: Role
    let hours: Int
    /// Whether the installation sends the token.
    let isMailed: Bool

    static let schema = Schema(
        "NewInvitation",
        [
            Field("email", .email, required: true, example: "grace@example.com"), RoleChoice.field,
            Field("expires_in_hours", .integer(1...720), example: 168),
            Field("mail", .boolean, example: false, summary: "Whether to mail it; false unless given."),
        ])

    init(_ record: Record) throws {
        email = try record["email"]
        role = try RoleChoice(try record["role"]).role
        hours = record.has("expires_in_hours") ? try record["expires_in_hours"] : 168
        isMailed = try record["mail"] ?? false
    }
}

/// What the invited person sends.
struct AcceptedInvitation: RequestPayload {
    let token: String
    let name: String
    let password: String
    let code: String?

    static let schema = Schema(
        "AcceptedInvitation",
        [
            Field("token", .text(1...128), required: true, example: "rmi_…"),
            Field("name", .text(1...200), required: true, example: "Grace"),
            Field(
                "password", .text(10...200), required: true, example: "correct horse battery",
                summary: "A new one, or the present one of an account of your own."),
            SecondFactorPayload.code(required: false),
        ])

    init(_ record: Record) throws {
        token = try record["token"]
        name = try record["name"]
        password = try record["password"]
        code = try record["code"]
    }
}
