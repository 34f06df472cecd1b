package import PluginKit

/// A key with which a tenant's own system says who its customers are, without its secret.
enum CustomerKeyPayload: Payload {
    static let schema = Schema("CustomerKey", fields)

    static let fields = [
        Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000012"),
        Field("ends_at", .timestamp, nullable: true, example: nil, summary: "Set once there is a newer one."),
        Field("created_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
    ]
}

/// A new key with its secret.
enum CreatedCustomerKeyPayload: Payload {
    static let schema = Schema(
        "CreatedCustomerKey",
        CustomerKeyPayload.fields + [
            Field(
                "secret", .text(max: 128), secret: true, example: "rmc_…",
                summary: "Shown this once. Its text is the key of HMAC-SHA256 over `<external_id>\\n<expires_at>`.")
        ])
}

/// Who a customer is, by the word of the tenant's own system.
package struct CustomerIdentity: RequestPayload {
    package let tenant: String
    package let externalID: String
    let expiresAt: Int
    let signature: String

    package static let schema = Schema(
        "CustomerIdentity",
        [
            Field("tenant", .text(1...63), required: true, example: "acme", summary: "The slug."),
            Field("external_id", .text(1...200), required: true, example: "crm-4711"),
            Field(
                "expires_at", .integer(0...253_402_300_799), required: true, example: 1_795_259_600,
                summary:
                    "Seconds since 1970, a day ahead at most: until then whoever has the signature is the customer."),
            Field(
                "signature", .text(64...64), required: true,
                example: "0c5bdb5f9a0d0e7f6c1f1c2f3a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d",
                summary: "HMAC-SHA256 in hexadecimal over the external id, a line feed and the time."),
        ])

    package init(_ record: Record) throws {
        tenant = try record["tenant"]
        externalID = try record["external_id"]
        expiresAt = try record["expires_at"]
        signature = try record["signature"]
    }

    /// What the tenant's system has signed. The time has no line feed, so the last one ends the id.
    var signedText: String { "\(externalID)\n\(expiresAt)" }
}

/// What a customer gets for an identity.
package enum CustomerSessionPayload: Payload {
    package static let schema = Schema(
        "CustomerSession",
        [
            Field("access_token", .text(max: 4096), secret: true, example: "eyJ…"),
            Field("token_type", .oneOf(["Bearer"]), example: "Bearer"),
            Field("expires_in", .integer(1...600), example: 600, summary: "Seconds."),
            Field("customer_id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000010"),
        ])
}
