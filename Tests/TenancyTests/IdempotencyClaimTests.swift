import PluginKit
import Testing

@testable import Tenancy

@Suite("Idempotency claim")
struct IdempotencyClaimTests {
    @Test(
        "What only reads is told from what can write a row",
        arguments: [
            ("SELECT id FROM knowledge.knowledge_items WHERE title = 'x'", false),
            ("  select score.id FROM knowledge.score (1) AS score", false),
            ("SELECT m.name FROM core.members AS m WHERE (m.id = core.actor_id())", false),
            ("SELECT core.enqueue('knowledge.work', '{}')", true),
            ("SELECT CORE.emit ('knowledge.happened')", true),
            ("SELECT \"core\".\"step\"('a')", true),
            ("INSERT INTO knowledge.knowledge_items (title) VALUES ('x')", true),
            ("WITH gone AS (DELETE FROM knowledge.knowledge_items RETURNING id) SELECT id FROM gone", true),
            ("UPDATE knowledge.knowledge_items SET title = 'x'", true),
        ])
    func canWrite(text: String, expected: Bool) {
        // Told by the text alone, as that of a literal is.
        #expect(IdempotencyClaim.canWrite(text: text) == expected)
    }
}
