internal import PluginKit

/// Articles: list, write, read, change, remove, search.
enum ItemRoutes {
    static let all: [Route] = [
        List(
            "/knowledge/items", needs: "knowledge.read",
            query: [
                Field("status", .oneOf(Item.statuses), example: "published")
            ], of: Item.self, "All articles, newest first", list),
        Export(
            "/knowledge/items/export", needs: "knowledge.read",
            query: [
                Field("status", .oneOf(Item.statuses), example: "published")
            ], of: Item.self, "All articles in one go, newest first", list),
        Post(
            "/knowledge/items", needs: "knowledge.write", takes: NewItem.self, returns: Item.self, "Write an article",
            create),
        Get("/knowledge/items/{id}", needs: "knowledge.read", returns: Item.self, "One article", get),
        Patch(
            "/knowledge/items/{id}", needs: "knowledge.write", takes: ItemChange.self, returns: Item.self,
            ifMatch: true, "Change an article", change),
        Delete("/knowledge/items/{id}", needs: "knowledge.write", ifMatch: true, "Remove an article", remove),
        List(
            "/knowledge/search", needs: "knowledge.read",
            query: [
                Field(
                    "q", .text(1...200), required: true, example: "return parcel",
                    summary: "Words, \"phrases\", -exclusions.")
            ], of: FoundItem.self, "The articles that fit best", search),
    ]

    @Sendable
    private static func list(_ call: Call) async throws -> Page<Item> {
        let status: String? = try call.query["status"]
        let byStatus: SQL = status.map { "AND status = \($0)" } ?? ""
        return try await call.tx.page(
            call.page, key: ["id"],
            """
            SELECT \(Item.columns)
            FROM knowledge.knowledge_items
            WHERE tenant_id = \(call.tenant)
              AND id < \(call.page.after(0, or: ItemID(.last)))
              \(byStatus)
            ORDER BY id DESC
            LIMIT \(call.page.fetchCount)
            """)
    }

    @Sendable
    private static func create(_ call: Call, _ input: NewItem) async throws -> Resource<Item> {
        try await call.tx.one(
            """
            WITH item AS (
                INSERT INTO knowledge.knowledge_items (tenant_id, id, title, body, status, author_id)
                VALUES (\(call.tenant), \(ItemID.make()), \(input.title), \(input.body), \(input.status),
                        \(call.actor.id))
                RETURNING \(Item.columns)
            )
            SELECT \(Item.columns)
            FROM item
            WHERE \(call.emitting(ItemEvents.item("article.created", "item"))) IS NOT NULL
            """)
    }

    @Sendable
    private static func get(_ call: Call) async throws -> Resource<Item> {
        try await call.tx.one(
            """
            SELECT \(Item.columns)
            FROM knowledge.knowledge_items
            WHERE tenant_id = \(call.tenant) AND id = \(call.path("id", as: ItemID.self))
            """)
    }

    @Sendable
    private static func change(_ call: Call, _ input: ItemChange) async throws -> Resource<Item> {
        let result = try await call.tx.rows(
            """
            WITH before AS (
                SELECT id AS old_id, title AS old_title, body AS old_body, status AS old_status
                FROM knowledge.knowledge_items
                WHERE tenant_id = \(call.tenant) AND id = \(call.path("id", as: ItemID.self))
                FOR NO KEY UPDATE
            ), item AS (
                UPDATE knowledge.knowledge_items
                SET title = COALESCE(\(input.title), title),
                    body = COALESCE(\(input.body), body),
                    status = COALESCE(\(input.status), status),
                    version = version + 1
                FROM before
                WHERE tenant_id = \(call.tenant) AND id = old_id
                  AND (\(call.expectedVersions) IS NULL OR updated_at = ANY(\(call.expectedVersions)))
                RETURNING \(Item.columns), old_title, old_body, old_status
            )
            SELECT \(Item.columns)
            FROM item
            WHERE \(call.emitting(ItemEvents.item("article.updated", "item", changes: true))) IS NOT NULL
            """)
        guard !result.isEmpty else { throw call.notChanged }
        return try Resource(result)
    }

    @Sendable
    private static func remove(_ call: Call) async throws {
        let removed = try await call.tx.rows(
            """
            WITH item AS (
                DELETE FROM knowledge.knowledge_items
                WHERE tenant_id = \(call.tenant) AND id = \(call.path("id", as: ItemID.self))
                  AND (\(call.expectedVersions) IS NULL OR updated_at = ANY(\(call.expectedVersions)))
                RETURNING \(Item.columns)
            )
            SELECT \(call.emitting(ItemEvents.item("article.deleted", "item"))) AS event_id
            FROM item
            """)
        guard !removed.isEmpty else { throw call.notChanged }
    }

    @Sendable
    private static func search(_ call: Call) async throws -> Page<FoundItem> {
        let query: String = try call.query["q"]
        let tenant = call.tenant
        let limit = call.page.limit
        let result = try await call.tx.leased { tx in
            try await tx.rows(
                """
                SELECT i.id, i.title, i.status, f.rank
                FROM knowledge.search_items(\(query), \(limit)::int4) AS f
                JOIN knowledge.knowledge_items i ON i.tenant_id = \(tenant) AND i.id = f.id
                ORDER BY f.rank DESC, i.id DESC
                """)
        }
        return try Page(result, limit: limit, key: ["id"])
    }
}
