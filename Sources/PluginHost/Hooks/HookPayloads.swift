package import PluginKit

/// An address of a hook, without its token.
package enum HookPayload: Payload {
    package static let schema = Schema("HookAddress", fields)

    static let fields = [
        Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000090"),
        Field("module", .text(2...31), example: "sample"),
        Field("hook", .text(3...80), example: "sample.note", summary: "Which of the module's hooks it leads to."),
        Field("name", .text(1...100), example: "Shop"),
        Field("created_by", .uuid, nullable: true, example: "0192f0c1-7a00-7000-8000-000000000002"),
        Field("rotated_at", .timestamp, nullable: true, example: nil),
        Field("last_used_at", .timestamp, nullable: true, example: nil, summary: "To the minute."),
        Field("created_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
    ]

    /// The columns, in the order of the fields.
    static let columns: SQL = "id, module_id AS module, hook, name, created_by, rotated_at, last_used_at, created_at"
}

/// An address with its token.
package enum NewHookPayload: Payload {
    package static let schema = Schema(
        "NewHookAddress",
        HookPayload.fields + [
            Field(
                "path", .text(max: 128), secret: true, example: "/hooks/rmh_…",
                summary: "Where to call; shown this once.")
        ])
}

/// A hook that addresses can be made for.
package enum HookKindPayload: Payload {
    package static let schema = Schema(
        "HookKind",
        [
            Field("hook", .text(3...80), example: "sample.note"),
            Field("module", .text(2...31), example: "sample"),
            Field("title", .text(1...120), example: "Notes from elsewhere"),
            Field("media_types", .array(.text(1...100), 0...20), example: ["application/json"]),
            Field("maximum_size", .integer, example: 262_144, summary: "The most bytes of a body."),
            Field("permissions", .array(.text(1...80), 0...50), example: []),
        ])
}

/// An address to be made.
package struct NewHook: RequestPayload {
    package let hook: String
    package let name: String

    package static let schema = Schema(
        "NewHook",
        [
            Field("hook", .text(3...80), required: true, example: "sample.note"),
            Field("name", .text(1...100), required: true, example: "Shop"),
        ])

    package init(_ record: Record) throws {
        hook = try record["hook"]
        name = try record["name"]
    }
}

/// An address of a hook.
package enum HookAddress {}
