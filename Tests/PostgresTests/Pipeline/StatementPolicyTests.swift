import PluginKit
import Testing

@testable import Postgres

@Suite("Statement policy")
struct StatementPolicyTests {
    @Test(
        "a statement that reads or changes rows may share a pipeline",
        arguments: [
            "SELECT 1", "select 1", "SeLeCt 1", "SELECT(1)", "SELECT\n1", "SELECT\t1", "SELECT\r\n1", " \t\r\nSELECT 1",
            "INSERT INTO t VALUES (1)",
            "insert into t values (1)", "UPDATE t SET a = 1", "DELETE FROM t",
            "MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE",
            "WITH x AS (SELECT 1) SELECT * FROM x", "with x as (select 1) select * from x", "VALUES (1)", "VALUES(1)",
            "SELECT 1 FOR UPDATE",
        ] as [SQL])
    func rowsAreAllowed(statement: SQL) {
        #expect(throws: Never.self) { try StatementPolicy.requireShareable(statement, text: statement.text) }
    }

    @Test(
        "every other statement is refused, and whatever only looks like one of those",
        arguments: [
            "", " ", "\n", ";", "S", "SELECT", "select", "SELECTX 1", "SELECT1", "SELECT_ 1", "SELECT*FROM t",
            "SELECT;", "SELECT$1", "SELEC 1",
            "SELECTION FROM t", "WITHX AS (SELECT 1)", "WITH", "VALUESX", "INSERTED", "UPDATES", "ＳＥＬＥＣＴ 1", "ſelect 1",
            "\u{FEFF}SELECT 1",
            "\u{A0}SELECT 1", "\u{0B}SELECT 1", "\u{0C}SELECT 1", "\u{00}SELECT 1", "(SELECT 1)", "( SELECT 1 )",
            "((SELECT 1))", "; SELECT 1",
            "-- a comment\nSELECT 1", "--\nSELECT 1", "/* a comment */ SELECT 1", "/**/SELECT 1", "/* /* */ */ BEGIN",
            "BEGIN", "begin", "BEGIN; SELECT 1", "START TRANSACTION", "COMMIT", "END", "ROLLBACK", "ABORT",
            "SAVEPOINT s", "RELEASE s",
            "PREPARE p AS SELECT 1", "PREPARE TRANSACTION 'x'", "EXECUTE p", "DEALLOCATE ALL",
            "SET statement_timeout = 0", "SET ROLE postgres",
            "SET LOCAL a.b = 1", "SET SESSION AUTHORIZATION x", "RESET ALL", "RESET ROLE", "DISCARD ALL", "SHOW all",
            "DO $$BEGIN END$$",
            "CALL p()", "COPY t TO STDOUT", "COPY t FROM STDIN", "LISTEN c", "UNLISTEN *", "NOTIFY c",
            "EXPLAIN SELECT 1",
            "EXPLAIN ANALYZE DELETE FROM t", "DECLARE c CURSOR FOR SELECT 1", "FETCH 1 FROM c", "MOVE 1 FROM c",
            "CLOSE c", "LOCK TABLE t",
            "TABLE t", "TRUNCATE t", "CREATE TABLE t ()", "CREATE TEMP TABLE t AS SELECT 1", "ALTER TABLE t ADD a int",
            "DROP TABLE t", "GRANT x TO y",
            "VACUUM", "ANALYZE", "CLUSTER", "REINDEX TABLE t", "REFRESH MATERIALIZED VIEW v", "CHECKPOINT", "LOAD 'x'",
            "SECURITY LABEL",
            "IMPORT FOREIGN SCHEMA s", "REASSIGN OWNED BY a TO b",
        ] as [SQL])
    func othersAreRefused(statement: SQL) {
        let error = #expect(throws: DatabaseError.self) {
            try StatementPolicy.requireShareable(statement, text: statement.text)
        }
        #expect(error?.code == .statementRefused)
    }

    @Test("text made at run time is refused, whatever it says")
    func unsafeTextIsRefused() {
        let statements: [SQL] = [
            SQL(unsafeSQL: "SELECT 1"), "SELECT \(unsafeSQL: "1")",
            "SELECT * FROM (\("SELECT \(unsafeSQL: "1")" as SQL)) AS x",
        ]
        for statement in statements {
            let error = #expect(throws: DatabaseError.self) {
                try StatementPolicy.requireShareable(statement, text: statement.text)
            }
            #expect(error?.code == .statementRefused)
        }
    }

    @Test("a refusal says nothing of the statement")
    func refusalIsDiscreet() {
        let error = #expect(throws: DatabaseError.self) {
            try StatementPolicy.requireShareable("SET x.y = 'secret'", text: "SET x.y = 'secret'")
        }
        #expect(error?.debugDescription.contains("secret") == false)
    }
}
