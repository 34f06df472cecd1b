internal import PluginKit

/// A file as the API tells of it.
enum FilePayload: Payload {
    static let schema = Schema(
        "File",
        [
            Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000070"),
            Field("name", .text(1...255), example: "invoice.pdf"),
            Field("content_type", .text(3...127), example: "application/pdf", summary: "Told by the bytes."),
            Field("size", .integer(0...(1 << 40)), example: 48_213, summary: "Bytes."),
            Field("digest", .text(64...64), example: .string(sampleDigest), summary: "SHA-256, in hexadecimal digits."),
            Field(
                "module", .text(2...31), nullable: true, example: "knowledge",
                summary: "The module that stored it; null for what came through the API."),
            Field("created_by", .uuid, example: "0192f0c1-7a00-7000-8000-000000000002"),
            Field("created_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
        ])

    /// Some digest, for examples.
    static let sampleDigest = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
}

/// How long a link is to live.
struct NewFileLink: RequestPayload {
    let lifetime: Int

    static let schema = Schema(
        "NewFileLink",
        [
            Field(
                "expires_in", .integer(1...FileLinks.maximumLifetime.components.seconds), required: true, example: 3600,
                summary: "Seconds, at most seven days.")
        ])

    init(_ record: Record) throws {
        lifetime = try record["expires_in"]
    }
}

/// A link that was made.
enum FileLinkPayload: Payload {
    static let schema = Schema(
        "FileLink",
        [
            Field(
                "url", .text(1...2048), secret: true, example: "https://desk.example/files/AZLwwXoA",
                summary: "Whoever has it can load the file; without a host where the server does not know its own."),
            Field("expires_at", .timestamp, example: "2026-11-21T10:00:00.000000Z"),
        ])
}
