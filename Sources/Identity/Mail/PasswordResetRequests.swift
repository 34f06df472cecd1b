internal import PluginKit
internal import Postgres
internal import Tenancy

/// Requests for a new password by mail. Each is noted in the same way, whoever is meant: nothing is looked up, so neither
/// the answer nor its time tells who has an account.
struct PasswordResetRequests: Sendable {
    private let pipeline: PipelineConnection
    private let throttle: LoginThrottle
    private let isMailSent: Bool

    /// - Parameters:
    ///   - pipeline: of the kernel's role `auth`.
    ///   - isMailSent: whether this installation sends mail.
    init(pipeline: PipelineConnection, throttle: LoginThrottle, isMailSent: Bool) {
        self.pipeline = pipeline
        self.throttle = throttle
        self.isMailSent = isMailSent
    }

    /// Notes a request.
    ///
    /// - Throws: `Problem` 409 `mail_not_configured`; 429 `too_many_attempts`.
    func note(_ input: PasswordResetRequest, _ client: Request.Client) async throws -> Resource<AcceptedPayload> {
        guard isMailSent else { throw Problem.mailNotConfigured }
        try await throttle.count(input.email, client)
        _ = try await pipeline.runForCaller([
            """
            INSERT INTO core.password_reset_requests (id, email, slug)
            VALUES (\(ID<PasswordResetRequest>.make()), \(input.email), \(input.tenant))
            """
        ])
        return try Resource(["accepted": true])
    }
}

/// Somebody who has forgotten their password.
struct PasswordResetRequest: RequestPayload {
    let email: String
    let tenant: String?

    static let schema = Schema(
        "PasswordResetRequest",
        [
            Field("email", .email, required: true, example: "ada@example.com"),
            Field(
                "tenant", .text(1...63), nullable: true, example: "acme", summary: "The slug; all tenants unless given."
            ),
        ])

    init(_ record: Record) throws {
        email = try record["email"]
        tenant = try record["tenant"]
    }
}

/// That something was taken, and nothing more.
enum AcceptedPayload: Payload {
    static let schema = Schema(
        "Accepted", [Field("accepted", .boolean, example: true, summary: "Whether or not there is such an account.")])
}

extension Problem {
    static let mailNotConfigured = Problem(
        status: 409, code: "mail_not_configured", detail: "This installation sends no mail.")
}
