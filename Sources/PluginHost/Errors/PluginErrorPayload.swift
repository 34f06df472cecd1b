internal import PluginKit

/// Something that went wrong in a plugin.
enum PluginErrorPayload: Payload {
    static let schema = Schema(
        "PluginError",
        [
            Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-0000000000e1"),
            Field("plugin", .text(1...100), example: "knowledge"),
            Field("at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
            Field(
                "code", .text(1...200), example: "plugin_timeout",
                summary: "A problem's code, or the type of an error that is none; never what it says."),
            Field(
                "place", .text(max: 300), nullable: true, example: "POST /v1/knowledge/items",
                summary: "A route, a hook or a kind of job."),
            Field("tenant_id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000001"),
            Field(
                "request_id", .text(max: 128), nullable: true, example: "0192f0c1-7a00-7000-8000-00000000000a",
                summary: "As answers and log lines carry it; of a job, the job's id."),
            Field("host", .text(max: 255), example: "desk-1"),
            Field("process", .integer(0...9_007_199_254_740_991), example: 4711),
        ])

    /// The fields, of `core.plugin_errors AS e`.
    static let columns: SQL = """
        e.id, e.module_id AS plugin, e.at, e.code, e.place, e.tenant_id, e.request_id, e.host, e.process
        """

    /// A row of `columns` as a value.
    static func json(_ row: Row) throws -> JSONValue {
        func text(_ name: String) throws -> JSONValue {
            (try row.get(name, as: String?.self)).map { .string($0) } ?? .null
        }
        return [
            "id": .string(try row.get("id", as: ID<PluginError>.self).description), "plugin": try text("plugin"),
            "at": .string(try row.get("at", as: Timestamp.self).description), "code": try text("code"),
            "place": try text("place"), "tenant_id": .string(try row.get("tenant_id", as: TenantID.self).description),
            "request_id": try text("request_id"), "host": try text("host"),
            "process": .integer(try row.get("process", as: Int64.self)),
        ]
    }
}
