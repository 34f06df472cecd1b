internal import Foundation
internal import PluginKit

/// What agents see of suggestions, and the jobs that make and remove them.
enum SuggestionRoutes {
    static let all: [Route] = [
        List(
            "/knowledge/suggestions", needs: "knowledge.read",
            query: [
                Field(
                    "conversation_id", .uuid, required: true, example: "0192f0c1-7a00-7000-8000-000000000020")
            ], of: Suggestion.self, "The articles that may answer a conversation's question, best first", list)
    ]

    static let jobs: [Job] = [
        Job("knowledge.suggest", takes: EventMessage.self, suggest),
        Job("knowledge.prune", takes: ScheduledRun.self, prune),
    ]

    /// How many articles a question is given.
    private static let count = 5

    @Sendable
    private static func list(_ call: Call) async throws -> Page<Suggestion> {
        let conversation: UUID = try call.query["conversation_id"]
        let result = try await call.tx.rows(
            """
            SELECT i.id, i.title, s.message_id, s.rank, s.created_at
            FROM knowledge.knowledge_suggestions AS s
            JOIN knowledge.knowledge_items AS i ON i.tenant_id = s.tenant_id AND i.id = s.item_id
            WHERE s.tenant_id = \(call.tenant) AND s.conversation_id = \(conversation)
            ORDER BY s.rank DESC, i.id
            LIMIT \(call.page.limit)
            """)
        return try Page(result, limit: call.page.limit, key: ["id"])
    }

    /// Looks for articles when a customer has written.
    @Sendable
    private static func suggest(_ run: JobRun, _ event: EventMessage) async throws {
        guard event.data["direction"]?.string == "inbound", let conversation = event.conversation,
            let query = QuestionWords.query(of: event.data["content"]?.string ?? "")
        else { return }
        let found = try await run.tx.leased { tx in
            try await tx.rows("SELECT id, rank::float8 AS rank FROM knowledge.search_items(\(query), \(count)::int4)")
        }
        let statements = try found.rows.map { row -> SQL in
            """
            INSERT INTO knowledge.knowledge_suggestions (tenant_id, conversation_id, item_id, message_id, rank)
            SELECT \(run.tenant), \(conversation), i.id, \(event.subject), \(try row.get("rank", as: Double.self))
            FROM knowledge.knowledge_items AS i
            WHERE i.tenant_id = \(run.tenant) AND i.id = \(try row.get("id", as: UUID.self)) AND i.status = 'published'
            ON CONFLICT (tenant_id, conversation_id, item_id) DO UPDATE
            SET message_id = EXCLUDED.message_id, rank = EXCLUDED.rank, created_at = now()
            """
        }
        try await run.finish(statements)
    }

    /// Removes what is older than a quarter of a year.
    @Sendable
    private static func prune(_ run: JobRun, _ scheduled: ScheduledRun) async throws {
        try await run.finish([
            """
            DELETE FROM knowledge.knowledge_suggestions
            WHERE tenant_id = \(run.tenant) AND created_at < now() - INTERVAL '90 days'
            """
        ])
    }
}
