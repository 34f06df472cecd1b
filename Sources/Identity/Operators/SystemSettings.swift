internal import PluginKit
package import Postgres
internal import Tenancy

/// What operators set for the whole installation; public settings are readable by anybody.
package struct SystemSettings: Sendable {
    private let pipeline: PipelineConnection

    /// - Parameter pipeline: of the kernel's role `auth`.
    package init(pipeline: PipelineConnection) {
        self.pipeline = pipeline
    }

    /// All settings, or the public ones.
    func list(onlyPublic: Bool) async throws -> Page<SystemSettingPayload> {
        let result = try await pipeline.runForCaller([
            """
            SELECT key, jsonb_build_object('value', value) AS content, is_public, updated_at
            FROM core.system_settings
            WHERE is_public OR NOT \(onlyPublic)
            ORDER BY key
            LIMIT 1000
            """
        ])[0]
        return Page(
            try result.rows.map { row in
                try Resource([
                    "key": .string(try row.get("key")),
                    "value": try row.get("content", as: JSONValue.self)["value"] ?? .null,
                    "is_public": .bool(try row.get("is_public")),
                    "updated_at": .string(try row.get("updated_at", as: Timestamp.self).description),
                ])
            })
    }

    /// Sets one.
    ///
    /// - Throws: `Problem` 422 for a key that is none.
    func set(_ key: String, _ input: SystemSettingChange) async throws -> Resource<SystemSettingPayload> {
        let result = try await pipeline.runForCaller([
            """
            INSERT INTO core.system_settings (key, value, is_public)
            VALUES (\(key), \(input.value), COALESCE(\(input.isPublic), false))
            ON CONFLICT (key) DO UPDATE
            SET value = EXCLUDED.value, is_public = COALESCE(\(input.isPublic), system_settings.is_public)
            RETURNING is_public, updated_at
            """
        ])[0]
        guard let row = result.first else { throw Problem.notFound }
        return try Resource([
            "key": .string(key), "value": input.value, "is_public": .bool(try row.get("is_public")),
            "updated_at": .string(try row.get("updated_at", as: Timestamp.self).description),
        ])
    }

    /// Removes one.
    ///
    /// - Throws: `Problem.notFound`.
    func remove(_ key: String) async throws {
        let result = try await pipeline.runForCaller(["DELETE FROM core.system_settings WHERE key = \(key)"])[0]
        guard result.affected == 1 else { throw Problem.notFound }
    }
}

/// A setting of the installation.
enum SystemSettingPayload: Payload {
    static let schema = Schema(
        "SystemSetting",
        [
            Field("key", .text(1...80), example: "support.email"),
            Field("value", .json(maximumBytes: 65_536), nullable: true, example: ["address": "help@example.com"]),
            Field("is_public", .boolean, example: true),
            Field("updated_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
        ])

    /// The parameter of a path.
    static let key = Field(
        "key", .text(1...80), required: true, example: "support.email",
        summary: "Lower-case letters, digits, points and underscores; a letter first.")
}

/// A setting's new value.
struct SystemSettingChange: RequestPayload {
    let value: JSONValue
    let isPublic: Bool?

    static let schema = Schema(
        "SystemSettingChange",
        [
            Field(
                "value", .json(maximumBytes: 65_536), required: true, example: ["address": "help@example.com"]),
            Field("is_public", .boolean, example: true),
        ])

    init(_ record: Record) throws {
        value = try record["value"]
        isPublic = try record["is_public"]
    }
}
