internal import PluginKit

/// An open invitation.
enum InvitationPayload: Payload {
    static let schema = Schema("Invitation", fields)

    static let fields = [
        Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000007"),
        Field("email", .email, example: "grace@example.com"),
        Field("role", .text(1...36), example: "agent"),
        Field("expires_at", .timestamp, example: "2026-11-28T09:00:00.000000Z"),
        Field("created_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
    ]
}

/// A new invitation with its secret.
enum CreatedInvitationPayload: Payload {
    static let schema = Schema(
        "CreatedInvitation",
        InvitationPayload.fields + [
            Field("token", .text(max: 128), example: "rmi_…", summary: "Shown this once; send it to the person.")
        ])
}

/// Somebody to be invited.
struct NewInvitation: RequestPayload {
    let email: String
    let role: Role
    let hours: Int

    static let schema = Schema(
        "NewInvitation",
        [
            Field("email", .email, required: true, example: "grace@example.com"), RoleChoice.field,
            Field("expires_in_hours", .integer(1...720), example: 168),
        ])

    init(_ record: Record) throws {
        email = try record["email"]
        role = try RoleChoice(try record["role"]).role
        hours = record.has("expires_in_hours") ? try record["expires_in_hours"] : 168
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
