internal import Foundation
internal import PluginKit
package import Tenancy

/// A plugin as an operator sees it on the process that answers.
enum PluginPayload: Payload {
    static let schema = Schema(
        "Plugin",
        [
            Field("id", .text(1...100), example: "knowledge"),
            Field("title", .text(max: 80), nullable: true, example: "Knowledge base"),
            Field("version", .text(max: 40), nullable: true, example: "0.1.0"),
            Field("state", .oneOf(["active", "paused", "uninstalled"]), example: "active"),
            Field("reason", .text(max: 2000), nullable: true, example: nil),
            Field(
                "health", .text(max: 500), nullable: true, example: "ok",
                summary:
                    "`ok`, or what is wrong; null where it is not asked for: in lists, and of plugins that tell none."),
            Field("crashes", .integer(0...1_000_000), example: 0),
            Field("work", .object(work), example: [:]),
            Field(
                "last_error", .object(fault), nullable: true, example: nil,
                summary: "The last on the process that answers, whoever it was for."),
            Field(
                "processes", .array(.object(process), 0...1000), nullable: true, example: .array([process.example]),
                summary: "Who runs, and which version each has loaded; null in lists, like what follows."),
            Field(
                "settings", .array(.object(setting), 0...200), nullable: true, example: .array([setting.example]),
                summary: "What can be set, and for how many tenants it is; never a value."),
            Field(
                "last_errors", .array(.object(PluginErrorPayload.schema), 0...10), nullable: true,
                example: .array([PluginErrorPayload.schema.example]),
                summary: "The newest on all processes; `/errors` has more."),
        ])

    private static let process = Schema(
        "PluginProcess",
        [
            Field("kind", .oneOf(["serve", "work"]), example: "serve"),
            Field("host", .text(max: 255), example: "desk-1"),
            Field("process", .integer(0...9_007_199_254_740_991), example: 4711),
            Field("version", .text(max: 40), example: "0.1.0"),
            Field(
                "reason", .text(max: 2000), nullable: true, example: nil,
                summary: "Why it has not loaded the plugin; null where it has."),
            Field("since", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
        ])

    private static let setting = Schema(
        "PluginSetting",
        [
            Field("name", .text(1...63), example: "greeting"), Field("is_secret", .boolean, example: false),
            Field("tenants", .integer(0...9_007_199_254_740_991), example: 3),
        ])

    private static let work = Schema(
        "PluginWork",
        [
            Field("in_flight", .integer(0...1_000_000), example: 2),
            Field("overdue", .integer(0...1_000_000), example: 0),
            Field("failing_tenants", .integer(0...1_000_000), example: 0),
            Field("timeouts", .integer(0...9_007_199_254_740_991), example: 0),
            Field("faults", .integer(0...9_007_199_254_740_991), example: 0),
            Field("refusals", .integer(0...9_007_199_254_740_991), example: 0),
        ])

    private static let fault = Schema(
        "PluginFault",
        [
            Field("kind", .text(max: 200), example: "DecodingError"),
            Field("request_id", .text(max: 128), nullable: true, example: "0192f0c1-7a00-7000-8000-00000000000a"),
            Field("at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
        ])

    /// - Parameters:
    ///   - pause: why it serves nobody although it is loaded.
    ///   - health: what its check says; nil when it was not asked.
    ///   - crashes: how often it ended a process lately.
    ///   - detail: what is known of it on all processes; nil when it was not asked for.
    static func resource(
        _ plugin: HostedPlugin, pause: PluginPause?, crashes: Int, health: String? = nil,
        detail: PluginSight.Detail? = nil
    ) throws -> Resource<PluginPayload> {
        let status = plugin.wall.status
        let reason = plugin.reason(pause)
        func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
        return try Resource([
            "id": .string(plugin.id), "title": text(plugin.manifest?.title),
            "version": text(plugin.manifest?.version), "state": .string(plugin.stateName(pause)),
            "reason": text(reason), "health": text(health), "crashes": .integer(Int64(crashes)),
            "work": work(status), "last_error": status.lastError.map(json) ?? .null,
            "processes": detail?.processes ?? .null, "settings": detail?.settings ?? .null,
            "last_errors": detail?.errors ?? .null,
        ])
    }

    private static func work(_ status: PluginStatus) -> JSONValue {
        [
            "in_flight": .integer(Int64(status.inFlight)), "overdue": .integer(Int64(status.overdue)),
            "failing_tenants": .integer(Int64(status.failingTenants)),
            "timeouts": .integer(Int64(clamping: status.timeouts)), "faults": .integer(Int64(clamping: status.faults)),
            "refusals": .integer(Int64(clamping: status.refusals)),
        ]
    }

    private static func json(_ fault: PluginFault) -> JSONValue {
        [
            "kind": .string(fault.kind), "request_id": fault.requestID.map { .string($0) } ?? .null,
            "at": .string(fault.at.description),
        ]
    }
}

/// Why a plugin is taken out of service.
struct PluginPauseRequest: RequestPayload {
    let reason: String

    static let schema = Schema(
        "PluginPause", [Field("reason", .text(1...500), required: true, example: "a search of it is too slow")])

    init(_ record: Record) throws {
        reason = try record["reason"]
    }
}

extension HostedPlugin {
    /// The module's name; the folder's when its manifest cannot be read.
    package var id: String { manifest?.id.description ?? name }

    /// Why it serves nobody; nil when it serves, or is not meant to.
    package func reason(_ pause: PluginPause?) -> String? {
        switch state {
        case .paused(let refusal): refusal.description
        case .uninstalled: nil
        case .active: pause.map { "\($0.code): \($0.detail)" }
        }
    }

    /// `active`, `paused` or `uninstalled`.
    package func stateName(_ pause: PluginPause?) -> String {
        isUninstalled ? "uninstalled" : reason(pause) == nil ? "active" : "paused"
    }
}
