package import PluginKit

/// A second factor to be put into an authenticator app.
enum SecondFactorPayload: Payload {
    static let schema = Schema(
        "SecondFactor",
        [
            Field("secret", .text(max: 64), secret: true, example: "JBSWY3DPEHPK3PXP", summary: "Base 32, for typing."),
            Field("url", .text(max: 1000), secret: true, example: "otpauth://totp/…", summary: "For a QR code."),
        ])

    /// The field of a request.
    static func code(required: Bool) -> Field {
        Field(
            "code", .text(6...32), required: required, example: "123456",
            summary: "The authenticator app's code, or a recovery code.")
    }
}

/// Codes for when the authenticator app is lost.
enum RecoveryCodesPayload: Payload {
    static let schema = Schema(
        "RecoveryCodes",
        [
            Field(
                "recovery_codes", .array(.text(max: 32), 0...20), secret: true, example: ["…"],
                summary: "Shown this once.")
        ])
}

/// The password once more, and the second factor where there is one.
struct PasswordProof: RequestPayload {
    let password: String
    let code: String?

    static let schema = Schema(
        "PasswordProof",
        [
            Field("password", .text(1...200), required: true, example: "correct horse battery"),
            SecondFactorPayload.code(required: false),
        ])

    init(_ record: Record) throws {
        password = try record["password"]
        code = try record["code"]
    }
}

/// The first code of a second factor.
struct SecondFactorConfirmation: RequestPayload {
    let code: String

    static let schema = Schema("SecondFactorConfirmation", [SecondFactorPayload.code(required: true)])

    init(_ record: Record) throws {
        code = try record["code"]
    }
}

/// The old password and the new.
struct PasswordChange: RequestPayload {
    let currentPassword: String
    let newPassword: String
    let code: String?

    static let schema = Schema(
        "PasswordChange",
        [
            Field("current_password", .text(1...200), required: true, example: "correct horse battery"),
            Field("new_password", .text(10...200), required: true, example: "staple correct horse"),
            SecondFactorPayload.code(required: false),
        ])

    init(_ record: Record) throws {
        currentPassword = try record["current_password"]
        newPassword = try record["new_password"]
        code = try record["code"]
    }
}

/// The right to choose a new password, to be handed to the person.
package enum PasswordResetPayload: Payload {
    package static let schema = Schema(
        "PasswordReset",
        [
            Field("token", .text(max: 128), secret: true, example: "rmp_…", summary: "Shown this once."),
            Field("expires_at", .timestamp, example: "2026-11-21T10:00:00.000000Z"),
        ])
}

/// A reset's token and the new password.
struct PasswordResetConfirmation: RequestPayload {
    let token: String
    let password: String

    static let schema = Schema(
        "PasswordResetConfirmation",
        [
            Field("token", .text(1...128), required: true, example: "rmp_…"),
            Field("password", .text(10...200), required: true, example: "correct horse battery"),
        ])

    init(_ record: Record) throws {
        token = try record["token"]
        password = try record["password"]
    }
}
