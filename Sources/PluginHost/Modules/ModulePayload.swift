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

/// A plugin as an operator sees it.
enum PluginPayload: Payload {
    static let schema = Schema(
        "Plugin",
        [
            Field("id", .text(1...100), example: "knowledge"),
            Field("title", .text(max: 80), nullable: true, example: "Knowledge base"),
            Field("version", .text(max: 40), nullable: true, example: "0.1.0"),
            Field("state", .oneOf(["active", "paused"]), example: "active"),
            Field("reason", .text(max: 2000), nullable: true, example: nil),
        ])
}
