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
            Field("state", .oneOf(["active", "paused"]), example: "active"),
            Field("reason", .text(max: 2000), nullable: true, example: nil),
            Field(
                "health", .text(max: 500), nullable: true, example: "ok",
                summary:
                    "`ok`, or what is wrong; null where it is not asked for: in lists, and of plugins that tell none."),
            Field("crashes", .integer(0...1_000_000), example: 0),
            Field("work", .object(work), example: [:]),
            Field("last_error", .object(fault), nullable: true, example: nil),
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
    static func resource(
        _ plugin: HostedPlugin, pause: PluginPause?, crashes: Int, health: String? = nil
    ) throws -> Resource<PluginPayload> {
        let status = plugin.wall.status
        let work: JSONValue = [
            "in_flight": .integer(Int64(status.inFlight)), "overdue": .integer(Int64(status.overdue)),
            "failing_tenants": .integer(Int64(status.failingTenants)),
            "timeouts": .integer(Int64(clamping: status.timeouts)), "faults": .integer(Int64(clamping: status.faults)),
            "refusals": .integer(Int64(clamping: status.refusals)),
        ]
        let reason = plugin.reason(pause)
        return try Resource([
            "id": .string(plugin.id), "title": plugin.manifest.map { .string($0.title) } ?? .null,
            "version": plugin.manifest.map { .string($0.version) } ?? .null,
            "state": .string(reason == nil ? "active" : "paused"), "reason": reason.map { .string($0) } ?? .null,
            "health": health.map { .string($0) } ?? .null, "crashes": .integer(Int64(crashes)), "work": work,
            "last_error": status.lastError.map(json) ?? .null,
        ])
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

    /// Why it serves nobody; nil when it serves.
    package func reason(_ pause: PluginPause?) -> String? {
        if case .paused(let refusal) = state { return refusal.description }
        return pause.map { "\($0.code): \($0.detail)" }
    }
}
