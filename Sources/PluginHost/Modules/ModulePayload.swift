package import PluginKit

/// A module as an admin sees it.
package enum ModulePayload: Payload {
    package static let schema = Schema(
        "Module",
        [
            Field("id", .text(2...31), example: "knowledge"),
            Field("title", .text(1...80), example: "Knowledge base"),
            Field("version", .text(1...40), example: "0.1.0"),
            Field("enabled", .boolean, example: true),
            Field("always_on", .boolean, example: false),
            Field("settings", .json(maximumBytes: 16_384), example: [:]),
            Field(
                "secrets", .json(maximumBytes: 16_384), example: ["api_key": true],
                summary: "The settings that nobody may read back, and whether each is set."),
            Field(
                "settings_schema", .json(maximumBytes: 65_536), example: ["type": "object", "properties": [:]],
                summary: "What can be set, as JSON Schema; a property that is writeOnly is a secret."),
            Field("requires", .array(.text(2...31), 0...32), example: []),
        ])
}

/// A switch to be turned, settings to be changed, or both.
struct ModuleChange: RequestPayload {
    let enabled: Bool?
    let settings: JSONValue?

    static let schema = Schema(
        "ModuleChange",
        [
            Field("enabled", .boolean, example: false),
            Field("settings", .json(maximumBytes: 16_384), example: [:]),
        ])

    init(_ record: Record) throws {
        enabled = try record["enabled"]
        settings = try record["settings"]
    }
}
