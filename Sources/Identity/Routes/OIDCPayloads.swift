package import PluginKit

/// A connection to a provider as an admin sees it; the secret is never shown.
package enum OIDCConnectionPayload: Payload {
    package static let schema = Schema(
        "OIDCConnection",
        [
            Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000003"),
            Field("name", .text(1...100), example: "Company login"),
            Field("issuer", .text(1...255), example: "https://login.example.com"),
            Field("client_id", .text(1...255), example: "romashka"),
            Field("has_client_secret", .boolean, example: true),
            Field("provisioning", .oneOf(["refuse", "create"]), example: "refuse"),
            Field("enabled", .boolean, example: true),
            Field(
                "redirect_uri", .text(max: 2048),
                example: "https://desk.example/v1/auth/oidc/0192f0c1-7a00-7000-8000-000000000003/callback",
                summary: "What the provider must know as the redirect address."),
            Field("created_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
            Field("updated_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
        ])
}

/// What a login page offers.
enum SignInOfferPayload: Payload {
    static let schema = Schema(
        "SignInOffer",
        [
            Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000003"),
            Field("name", .text(1...100), example: "Company login"),
            Field(
                "start_url", .text(max: 2048),
                example: "https://desk.example/v1/auth/oidc/0192f0c1-7a00-7000-8000-000000000003/start"),
        ])
}

/// How a sign-in through a provider ended.
enum SignInPayload: Payload {
    static let schema = Schema(
        "SignIn",
        [
            Field(
                "outcome", .oneOf(["logged_in", "linked", "second_factor_required"]), example: "logged_in",
                summary: """
                    second_factor_required where the account has a second factor and the provider's amr does not say mfa.
                    """),
            Field(
                "session", .json(maximumBytes: 8192), nullable: true, secret: true, example: nil,
                summary: "As POST /v1/auth/login answers; null unless somebody is logged in."),
            Field(
                "state", .text(max: 1024), nullable: true, example: nil,
                summary: "What POST …/second-factor takes with a code, from the same browser, for ten minutes."),
        ])
}

/// The second factor of somebody whom a provider has named.
struct SecondFactorProof: RequestPayload {
    let state: String
    let code: String

    static let schema = Schema(
        "SignInSecondFactor",
        [
            Field("state", .text(1...1024), required: true, example: "…", summary: "As the callback has answered."),
            SecondFactorPayload.code(required: true),
        ])

    init(_ record: Record) throws {
        state = try record["state"]
        code = try record["code"]
    }
}

/// Where a browser goes on.
enum SignInLinkPayload: Payload {
    static let schema = Schema(
        "SignInLink",
        [
            Field(
                "url", .text(max: 4096), secret: true, example: "https://desk.example/v1/auth/oidc/…/start?state=…",
                summary: "To be opened in the browser that got the cookie of this answer.")
        ])
}

/// A connection to be added.
package struct NewOIDCConnection: RequestPayload {
    package let name: String
    package let issuer: String
    package let clientID: String
    package let clientSecret: String?
    package let provisioning: String

    /// - Parameter provisioning: `refuse` or `create`.
    package init(
        name: String, issuer: String, clientID: String, clientSecret: String?, provisioning: String = "refuse"
    ) {
        self.name = name
        self.issuer = issuer
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.provisioning = provisioning
    }

    static let secretField = Field(
        "client_secret", .text(1...500), nullable: true, example: "6f7b2c…",
        summary: "Stored encrypted, never shown; leave it out for a public client.")
    static let provisioningField = Field(
        "provisioning", .oneOf(["refuse", "create"]), example: "refuse",
        summary: "What becomes of people nobody here is linked to; create makes them viewers.")

    package static let schema = Schema(
        "NewOIDCConnection",
        [
            Field("name", .text(1...100), required: true, example: "Company login"),
            Field("issuer", .text(1...255), required: true, example: "https://login.example.com"),
            Field("client_id", .text(1...255), required: true, example: "romashka"),
            secretField, provisioningField,
        ])

    package init(_ record: Record) throws {
        name = try record["name"]
        issuer = try record["issuer"]
        clientID = try record["client_id"]
        clientSecret = try record["client_secret"]
        provisioning = record.has("provisioning") ? try record["provisioning"] : "refuse"
    }
}

/// What is to change of a connection.
package struct OIDCConnectionChange: RequestPayload {
    let name: String?
    let issuer: String?
    let clientID: String?
    /// Nil leaves it, an inner nil takes it away.
    let clientSecret: String??
    let provisioning: String?
    let isEnabled: Bool?

    package static let schema = Schema(
        "OIDCConnectionChange",
        [
            Field("name", .text(1...100), example: "Company login"),
            Field("issuer", .text(1...255), example: "https://login.example.com"),
            Field("client_id", .text(1...255), example: "romashka"),
            NewOIDCConnection.secretField, NewOIDCConnection.provisioningField,
            Field("enabled", .boolean, example: true),
        ])

    package init(_ record: Record) throws {
        name = try record["name"]
        issuer = try record["issuer"]
        clientID = try record["client_id"]
        let secret: String? = try record["client_secret"]
        clientSecret = record.has("client_secret") ? .some(secret) : nil
        provisioning = try record["provisioning"]
        isEnabled = try record["enabled"]
    }
}
