internal import PluginKit

/// An article as anybody reads it.
enum PublishedItem: Payload {
    static let schema = Schema(
        "PublishedKnowledgeItem",
        [
            Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000040"),
            Field("title", .text(max: 300), example: "How to return a parcel"),
            Field("body", .text(max: 200_000), example: "Print the label and …"),
            Field("updated_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
        ])

    /// The columns, in the order of the fields.
    static let columns: SQL = "id, title, body, updated_at"
}

/// The help centre as JSON: published articles for everybody.
enum HelpRoutes {
    static let all: [Route] = [
        PublicList("/help/articles", of: PublishedItem.self, "Published articles, newest first", list),
        PublicGet("/help/articles/{id}", returns: PublishedItem.self, "One published article") { call in
            try Resource(await item(call))
        },
    ]

    @Sendable
    private static func list(_ call: Call) async throws -> Page<PublishedItem> {
        try await call.tx.page(
            call.page, key: ["id"],
            """
            SELECT \(PublishedItem.columns)
            FROM knowledge.knowledge_items
            WHERE tenant_id = \(call.tenant)
              AND status = 'published'
              AND id < \(call.page.after(0, or: ItemID(.last)))
            ORDER BY id DESC
            LIMIT \(call.page.fetchCount)
            """)
    }

    /// The published article that the path names; no row when there is none.
    static func item(_ call: Call) async throws -> ResultSet {
        try await call.tx.rows(
            """
            SELECT \(PublishedItem.columns)
            FROM knowledge.knowledge_items
            WHERE tenant_id = \(call.tenant)
              AND status = 'published'
              AND id = \(call.path("id", as: ItemID.self))
            """)
    }
}
