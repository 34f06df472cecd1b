import PluginKit
import Postgres
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

    @Test(
        "A transaction of the kernel that failed keeps the key only if it may have been committed",
        arguments: [
            (DatabaseError(.overloaded), false), (DatabaseError(.connectionFailed), false),
            (DatabaseError(.rolledBack), false), (DatabaseError(.statementRefused), false),
            (DatabaseError(.statementFailed, sqlState: "40001"), false),
            (DatabaseError(.statementFailed, sqlState: "57014"), false),
            (DatabaseError(.statementFailed, sqlState: "57P01"), true),
            (DatabaseError(.connectionLost), true), (DatabaseError(.timeout), true),
            (DatabaseError(.pipelinePoisoned), true), (DatabaseError(.undecodable), true),
        ])
    func failures(error: DatabaseError, expected: Bool) async throws {
        let claim = IdempotencyClaim(keyHash: [1], fingerprint: [2])
        await IdempotencyClaim.$current.withValue(claim) {
            await #expect(throws: DatabaseError.self) {
                try await IdempotencyClaim.noting(["INSERT INTO core.teams (name) VALUES ('x')"]) { throw error }
            }
        }
        #expect(claim.mayHaveWritten == expected)
    }

    @Test("What only reads, is refused before the commit, or is aside of the request does not keep the key")
    func nothingWritten() async throws {
        let claim = IdempotencyClaim(keyHash: [1], fingerprint: [2])
        await IdempotencyClaim.$current.withValue(claim) {
            await #expect(throws: DatabaseError.self) {
                try await IdempotencyClaim.noting(["SELECT id FROM core.teams"]) {
                    throw DatabaseError(.connectionLost)
                }
            }
            await #expect(throws: Problem.self) {
                try await IdempotencyClaim.notingWrite { throw Problem.notFound }
            }
            await #expect(throws: DatabaseError.self) {
                try await IdempotencyClaim.aside {
                    try await IdempotencyClaim.notingWrite { throw DatabaseError(.connectionLost) }
                }
            }
        }
        #expect(!claim.mayHaveWritten)
        try await IdempotencyClaim.$current.withValue(claim) { try await IdempotencyClaim.notingWrite {} }
        #expect(claim.mayHaveWritten)
    }
}
