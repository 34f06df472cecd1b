import PluginKit
import Testing

@testable import Tenancy

@Suite("StatementTrace")
struct StatementTraceTests {
    @Test(
        "A statement is named by its verb and its first table",
        arguments: [
            ("SELECT id FROM knowledge.knowledge_items WHERE tenant_id = $1", "SELECT knowledge.knowledge_items"),
            ("\n  select a\n  from x.y, z", "SELECT x.y"),
            ("INSERT INTO core.sessions (tenant_id) VALUES (1)", "INSERT core.sessions"),
            ("UPDATE core.sessions SET a = 'FROM secret.table'", "UPDATE core.sessions"),
            ("SELECT core.record_change('tenant', 'ada@example.com')", "SELECT"),
            ("SELECT 1 FROM unnest('{ada@example.com}') AS e", "SELECT unnest"),
            ("WITH a AS (SELECT 1) SELECT 2", "WITH"),
            ("SELECT 1 FROM", "SELECT"), ("", "?"), ("--", "?"),
        ] as [(SQL, String)])
    func names(statement: SQL, name: String) {
        #expect(StatementTrace.name(statement) == name)
    }

    @Test("Text made at run time is named by its verb alone, and values are never told")
    func secrets() {
        let value = "ada@example.com"
        #expect(StatementTrace.name("SELECT 1 FROM \(unsafeSQL: "ada") WHERE x = \(value)") == "SELECT")
        #expect(StatementTrace.name("SELECT \(value) FROM a.b WHERE x = \(value)") == "SELECT a.b")
    }
}
