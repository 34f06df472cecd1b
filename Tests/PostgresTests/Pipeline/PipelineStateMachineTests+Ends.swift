import Testing

@testable import Postgres

extension PipelineStateMachineTests {
    @Test(
        "a lost connection",
        arguments: [
            PipelineScenario(
                "reads run again on the next connection, before those who wait; writes are answered as lost",
                window: 3, on(.submit(1), "connect"), on(.submit(2, reads: true)), on(.submit(3, reads: true)),
                on(.submit(4)),
                on(.connected, "send 1", "send 2", "send 3"), on(.lost, "fail 1 connection_lost", "connect"),
                on(.connected, "send 2", "send 3", "send 4")),
            PipelineScenario(
                "what had arrived of a read is not told twice",
                steps: [1: [.execute(nil), .execute(nil), .sync]],
                on(.submit(1, reads: true), "connect"), on(.connected, "send 1"), on(.rows("half")), on(.end),
                on(.lost, "connect"),
                on(.connected, "send 1"), on(.rows("a")), on(.end), on(.rows("b")), on(.end),
                on(.sync(), "complete 1 a,b")),
            PipelineScenario(
                "a read runs again once only",
                on(.submit(1, reads: true), "connect"), on(.connected, "send 1"), on(.lost, "connect"),
                on(.connected, "send 1"),
                on(.lost, "fail 1 connection_lost")),
            PipelineScenario(
                "a failure that came with the end of the connection is not told instead of running again",
                on(.submit(1, reads: true), "connect"), on(.connected, "send 1"), on(.failed("57P01")), on(.end),
                on(.lost, "connect"),
                on(.connected, "send 1"), on(.rows("a")), on(.end), on(.sync(), "complete 1 a")),
            PipelineScenario(
                "abandoned requests are dropped", on(.submit(1, reads: true), "connect"), on(.submit(2)),
                on(.connected, "send 1", "send 2"),
                on(.abandon(1), "fail 1 timeout"), on(.abandon(2), "fail 2 timeout"), on(.lost),
                on(.submit(3), "connect")),
            PipelineScenario(
                "nobody waits, so nobody connects", on(.submit(1), "connect"), on(.connected, "send 1"),
                on(.lost, "fail 1 connection_lost"),
                on(.submit(2), "connect")),
            PipelineScenario(
                "an exclusive one answers everything as lost, reads too", sharing: .exclusive, window: 1,
                on(.connected), on(.submit(1, reads: true), "send 1"),
                on(.submit(2, reads: true)), on(.lost, "fail 1 connection_lost", "fail 2 connection_lost"),
                on(.submit(3), "fail 3 connection_lost")),
        ])
    func lost(_ scenario: PipelineScenario) { scenario.play() }

    @Test(
        "a connection closed on purpose",
        arguments: [
            PipelineScenario(
                "answers everything as lost, reads too, and connects no more",
                window: 2, on(.submit(1, reads: true), "connect"), on(.submit(2)), on(.submit(3, reads: true)),
                on(.connected, "send 1", "send 2"),
                on(.closed, "close", "fail 1 connection_lost", "fail 2 connection_lost", "fail 3 connection_lost"),
                on(.submit(4, reads: true), "fail 4 connection_lost")),
            PipelineScenario(
                "also before it was there", on(.submit(1), "connect"), on(.closed, "close", "fail 1 connection_lost"),
                on(.submit(2), "fail 2 connection_lost"), on(.connected, "close"),
                on(.submit(3), "fail 3 connection_lost")),
        ])
    func closed(_ scenario: PipelineScenario) { scenario.play() }

    @Test(
        "time that passes",
        arguments: [
            PipelineScenario(
                "who waits too long hears so, others keep waiting",
                on(.submit(1, deadline: 10), "connect"), on(.submit(2, deadline: 20)), on(.expire(9)),
                on(.expire(10), "fail 1 timeout"),
                on(.connected, "send 2")),
            PipelineScenario(
                "an answer that comes too late is read and dropped, the next goes to the next",
                on(.submit(1, deadline: 10), "connect"), on(.submit(2, deadline: 99)),
                on(.connected, "send 1", "send 2"), on(.expire(9)), on(.expire(10), "fail 1 timeout"), on(.expire(11)),
                on(.rows("a")), on(.end), on(.sync()), on(.rows("b")), on(.end), on(.sync(), "complete 2 b")),
            PipelineScenario(
                "of an answer of which half came in time, the other half is nobody else's",
                steps: [1: [.execute(nil), .execute(nil), .sync]],
                on(.submit(1, deadline: 10), "connect"), on(.submit(2, deadline: 99)),
                on(.connected, "send 1", "send 2"), on(.rows("half")), on(.end), on(.expire(10), "fail 1 timeout"),
                on(.rows("a")), on(.end), on(.sync()), on(.rows("b")), on(.end), on(.sync(), "complete 2 b")),
            PipelineScenario(
                "it holds its place in the window until it is answered",
                window: 1, on(.submit(1, deadline: 10), "connect"), on(.submit(2, deadline: 99)),
                on(.connected, "send 1"), on(.expire(10), "fail 1 timeout"), on(.rows("a")), on(.end),
                on(.sync(), "send 2")),
            PipelineScenario(
                "an exclusive one is closed for good", sharing: .exclusive, window: 1, on(.connected),
                on(.submit(1, deadline: 10), "send 1"),
                on(.submit(2, deadline: 99)), on(.expire(10), "fail 1 timeout", "close", "fail 2 timeout"),
                on(.submit(3), "fail 3 connection_lost")),
        ])
    func expiry(_ scenario: PipelineScenario) { scenario.play() }

    @Test(
        "a server that says nothing",
        arguments: [
            PipelineScenario(
                "loses its connection: reads start over, writes are answered as lost, those who wait get the next",
                window: 3, on(.submit(1, deadline: 10), "connect"), on(.submit(2, reads: true, deadline: 99)),
                on(.submit(3, deadline: 99)), on(.submit(4, deadline: 99)),
                on(.connected, "send 1", "send 2", "send 3"), on(.expire(5)), on(.expire(9)),
                on(.expire(10), "fail 1 timeout", "close", "fail 3 connection_lost", "connect"),
                on(.connected, "send 2", "send 4"), on(.rows("b")), on(.end), on(.sync(), "complete 2 b")),
            PipelineScenario(
                "does so when an answer is late and not before",
                on(.submit(1, deadline: 50), "connect"), on(.connected, "send 1"), on(.expire(10)), on(.expire(49)),
                on(.expire(50), "fail 1 timeout", "close")),
            PipelineScenario(
                "has the rest of its patience when an answer is late",
                on(.submit(1, deadline: 10), "connect"), on(.connected, "send 1"), on(.expire(9)),
                on(.expire(10), "fail 1 timeout"), on(.expire(13)), on(.expire(14), "close")),
            PipelineScenario(
                "keeps reads waiting no longer than their own time",
                on(.submit(1, reads: true, deadline: 10), "connect"), on(.submit(2, reads: true, deadline: 12)),
                on(.connected, "send 1", "send 2"), on(.expire(5)),
                on(.expire(10), "fail 1 timeout", "close", "connect"), on(.expire(12), "fail 2 timeout"),
                on(.connected)),
            PipelineScenario(
                "is not kept by a caller who has gone",
                on(.submit(1, deadline: 10), "connect"), on(.connected, "send 1"), on(.abandon(1), "fail 1 timeout"),
                on(.expire(6)), on(.expire(9)), on(.expire(11), "close"),
                on(.submit(2), "connect")),
            PipelineScenario(
                "nor by one who was told that it took too long, nor by those who come after",
                on(.submit(1, deadline: 10), "connect"), on(.connected, "send 1"), on(.expire(8)),
                on(.expire(10), "fail 1 timeout"), on(.submit(2, reads: true, deadline: 99), "send 2"),
                on(.expire(12)), on(.expire(13), "close", "connect"), on(.connected, "send 2")),
            PipelineScenario(
                "has said something when a part of an answer came",
                on(.submit(1, deadline: 10), "connect"), on(.connected, "send 1"), on(.expire(6)), on(.heard),
                on(.expire(12), "fail 1 timeout"), on(.expire(16)), on(.heard), on(.expire(20)), on(.expire(24)),
                on(.expire(25), "close")),
            PipelineScenario(
                "and that nobody had asked is not silent",
                on(.submit(1), "connect"), on(.connected, "send 1"), on(.rows("a")), on(.end),
                on(.sync(), "complete 1 a"), on(.expire(10)), on(.expire(100)), on(.submit(2, deadline: 101), "send 2"),
                on(.expire(102), "fail 2 timeout"), on(.rows("b")), on(.end), on(.sync())),
            PipelineScenario(
                "is not taken for the one that takes its place",
                on(.submit(1, deadline: 10), "connect"), on(.connected, "send 1"), on(.expire(5)),
                on(.expire(10), "fail 1 timeout", "close"), on(.submit(2, deadline: 11), "connect"),
                on(.connected, "send 2"), on(.expire(12), "fail 2 timeout"), on(.expire(16)), on(.expire(17), "close")),
        ])
    func silence(_ scenario: PipelineScenario) { scenario.play() }

    @Test(
        "what no statement of a shared pipeline answers ends the connection and all in flight",
        arguments: [
            "BEGIN", "START TRANSACTION", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PREPARE", "DEALLOCATE", "SET",
            "RESET", "DISCARD ALL",
            "LISTEN", "UNLISTEN", "NOTIFY", "DO", "CALL", "LOCK TABLE", "CREATE TABLE", "DROP TABLE", "DECLARE CURSOR",
            "FETCH 1", "COPY 1",
            "SHOW", "EXPLAIN", "TRUNCATE TABLE", "",
        ])
    func poisonByTag(tag: String) {
        PipelineScenario(
            tag, window: 3, on(.submit(1), "connect"), on(.submit(2, reads: true)), on(.submit(3)), on(.submit(4)),
            on(.connected, "send 1", "send 2", "send 3"), on(.rows("a")), on(.end),
            on(.sync(), "complete 1 a", "send 4"),
            on(
                .rows("x", tag: tag), "close", "fail 2 pipeline_poisoned", "fail 3 pipeline_poisoned",
                "fail 4 pipeline_poisoned"),
            on(.submit(5), "connect"), on(.connected, "send 5"), on(.rows("e")), on(.end), on(.sync(), "complete 5 e")
        ).play()
    }

    @Test(
        "poison",
        arguments: [
            PipelineScenario(
                "those who wait get the next connection",
                window: 1, on(.submit(1), "connect"), on(.submit(2)), on(.connected, "send 1"),
                on(.rows("x", tag: "BEGIN"), "close", "fail 1 pipeline_poisoned", "connect"), on(.connected, "send 2")),
            PipelineScenario(
                "a transaction that outlives its request ends the connection, and its rows stay unsaid",
                on(.submit(1), "connect"), on(.submit(2)), on(.connected, "send 1", "send 2"), on(.rows("a")), on(.end),
                on(.sync(.inTransaction), "close", "fail 1 pipeline_poisoned", "fail 2 pipeline_poisoned")),
            PipelineScenario(
                "so does a failed transaction",
                on(.submit(1), "connect"), on(.connected, "send 1"), on(.failed("25P02")), on(.end),
                on(.sync(.inError), "close", "fail 1 pipeline_poisoned")),
            PipelineScenario(
                "a caller who has gone does not make it harmless",
                on(.submit(1), "connect"), on(.submit(2)), on(.connected, "send 1", "send 2"),
                on(.abandon(1), "fail 1 timeout"),
                on(.rows("x", tag: "BEGIN"), "close", "fail 2 pipeline_poisoned")),
            PipelineScenario(
                "a preparation that answers with a command is none", steps: [1: [.prepare("p"), .execute(nil), .sync]],
                on(.submit(1), "connect"), on(.connected, "send 1"),
                on(.rows("x", tag: "SELECT 1"), "close", "fail 1 pipeline_poisoned")),
            PipelineScenario(
                "COPY has no end in a pipeline",
                on(.submit(1), "connect"), on(.submit(2)), on(.connected, "send 1", "send 2"),
                on(.copy, "close", "fail 1 pipeline_poisoned", "fail 2 pipeline_poisoned")),
            PipelineScenario(
                "an answer nobody asked for is believed by nobody",
                on(.submit(1), "connect"), on(.connected, "send 1"), on(.rows("a")), on(.end),
                on(.sync(), "complete 1 a"),
                on(.rows("stray"), "close")),
            PipelineScenario(
                "a Sync before the answer is out of order",
                on(.submit(1), "connect"), on(.connected, "send 1"), on(.sync(), "close", "fail 1 pipeline_poisoned")),
            PipelineScenario(
                "rows after the last statement are out of order",
                on(.submit(1), "connect"), on(.connected, "send 1"), on(.rows("a")), on(.end),
                on(.rows("b"), "close", "fail 1 pipeline_poisoned")),
        ])
    func poison(_ scenario: PipelineScenario) { scenario.play() }

    @Test(
        "an exclusive connection",
        arguments: [
            PipelineScenario(
                "its holder may open transactions and set what he likes", sharing: .exclusive, on(.connected),
                on(.submit(1), "send 1"),
                on(.rows("x", tag: "BEGIN")), on(.end), on(.sync(.inTransaction), "complete 1 x"),
                on(.submit(2), "send 2"),
                on(.failed("22012")), on(.end), on(.sync(.inError), "fail 2 statement_failed 22012"),
                on(.submit(3), "send 3"),
                on(.rows("y", tag: "ROLLBACK")), on(.end), on(.sync(.idle), "complete 3 y")),
            PipelineScenario(
                "answers out of order end it as well", sharing: .exclusive, on(.connected), on(.submit(1), "send 1"),
                on(.sync(), "close", "fail 1 pipeline_poisoned"), on(.submit(2), "fail 2 connection_lost")),
        ])
    func exclusive(_ scenario: PipelineScenario) { scenario.play() }
}
