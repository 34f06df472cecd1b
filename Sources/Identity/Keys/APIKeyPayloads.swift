package import PluginKit

/// A key of a tenant, without its secret.
package enum APIKeyPayload: Payload {
    package static let schema = Schema(
        "APIKey",
        [
            Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000008"),
            Field("name", .text(1...100), example: "Shop"),
            permissions,
            Field("requests_per_minute", .integer(1...1_000_000), nullable: true, example: 600),
            Field("last_used_at", .timestamp, nullable: true, example: nil, summary: "To the minute."),
            Field("expires_at", .timestamp, nullable: true, example: "2027-11-21T09:00:00.000000Z"),
            Field("created_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
        ])

    static let permissions = Field(
        "permissions", .array(.text(1...80), 1...200), required: true, example: ["members.read"])
}

/// A new key with its secret.
package enum CreatedAPIKeyPayload: Payload {
    package static let schema = Schema(
        "CreatedAPIKey",
        [
            Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000008"),
            Field("name", .text(1...100), example: "Shop"),
            APIKeyPayload.permissions,
            Field("requests_per_minute", .integer(1...1_000_000), nullable: true, example: 600),
            Field("expires_at", .timestamp, nullable: true, example: "2027-11-21T09:00:00.000000Z"),
            Field("created_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
            Field("key", .text(max: 128), secret: true, example: "rmk_…", summary: "Shown this once."),
        ])
}

/// A key to be made.
package struct NewAPIKey: RequestPayload {
    package let name: String
    package let permissions: [String]
    package let requestsPerMinute: Int?
    package let expiresAt: Timestamp?

    package static let schema = Schema(
        "NewAPIKey",
        [
            Field("name", .text(1...100), required: true, example: "Shop"), APIKeyPayload.permissions,
            Field("requests_per_minute", .integer(1...1_000_000), nullable: true, example: 600),
            Field("expires_at", .timestamp, nullable: true, example: "2036-11-21T09:00:00.000000Z"),
        ])

    package init(_ record: Record) throws {
        name = try record["name"]
        permissions = try record["permissions"]
        requestsPerMinute = try record["requests_per_minute"]
        expiresAt = try record["expires_at"]
        guard expiresAt.map({ $0 > .now() }) ?? true else {
            throw Problem.validation(
                [.init(pointer: "/expires_at", code: "range", detail: "must lie in the future")], code: "time_passed")
        }
    }
}
