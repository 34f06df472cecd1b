internal import PluginKit

/// A token with which a customer sees what is theirs.
enum CustomerToken: Payload {
    static let schema = Schema(
        "CustomerToken",
        [
            Field("access_token", .text(max: 4096), secret: true, example: "eyJ…"),
            Field("token_type", .oneOf(["Bearer"]), example: "Bearer"),
            Field("expires_in", .integer(1...600), example: 600, summary: "Seconds."),
            Field("customer_id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000010"),
        ])
}

/// How long a token is to be valid.
struct NewCustomerToken: RequestPayload {
    let seconds: Int

    static let schema = Schema(
        "NewCustomerToken",
        [Field("expires_in", .integer(1...600), example: 600, summary: "Seconds, 600 unless given.")])

    init(_ record: Record) throws {
        seconds = record.has("expires_in") ? try record["expires_in"] : 600
    }
}
