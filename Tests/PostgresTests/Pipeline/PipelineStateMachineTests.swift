import Testing

@testable import Postgres

@Suite("Pipeline state machine")
struct PipelineStateMachineTests {
    @Test(
        "connecting",
        arguments: [
            PipelineScenario(
                "the first request connects, and all that came meanwhile are sent in order",
                on(.submit(1), "connect"), on(.submit(2)), on(.connected, "send 1", "send 2"), on(.submit(3), "send 3")),
            PipelineScenario(
                "when no connection can be made, whoever waits hears so, and the next request tries again",
                on(.submit(1), "connect"), on(.submit(2)),
                on(.connectFailed, "fail 1 connection_failed", "fail 2 connection_failed"),
                on(.submit(3), "connect"), on(.connected, "send 3")),
            PipelineScenario(
                "an exclusive connection that is gone is not made again", sharing: .exclusive,
                on(.submit(1), "fail 1 connection_lost")),
            PipelineScenario(
                "an unused connection is closed, and made again on demand",
                on(.closeIfIdle), on(.submit(1), "connect"), on(.closeIfIdle), on(.connected, "send 1"),
                on(.closeIfIdle), on(.rows("a")),
                on(.end), on(.sync(), "complete 1 a"), on(.closeIfIdle, "close"), on(.closeIfIdle),
                on(.submit(2), "connect")),
        ])
    func connecting(_ scenario: PipelineScenario) { scenario.play() }

    @Test(
        "order and window",
        arguments: [
            PipelineScenario(
                "requests are answered in the order sent, each with its own rows",
                on(.submit(1), "connect"), on(.submit(2)), on(.connected, "send 1", "send 2"), on(.rows("a")), on(.end),
                on(.sync(), "complete 1 a"), on(.rows("b")), on(.end), on(.sync(), "complete 2 b")),
            PipelineScenario(
                "no more requests than the window holds are in flight",
                window: 2, on(.submit(1), "connect"), on(.submit(2)), on(.submit(3)), on(.submit(4)),
                on(.connected, "send 1", "send 2"),
                on(.submit(5)), on(.rows("a")), on(.end), on(.sync(), "complete 1 a", "send 3"), on(.rows("b")),
                on(.end),
                on(.sync(), "complete 2 b", "send 4")),
            PipelineScenario(
                "the results of several statements come in their order, preparations in between",
                steps: [1: [.prepare("p"), .prepare("q"), .execute(nil), .execute(nil), .execute(nil), .sync]],
                on(.submit(1), "connect"), on(.connected, "send 1"), on(.rows("", tag: ""), "prepared p"), on(.end),
                on(.rows("", tag: ""), "prepared q"), on(.end),
                on(.rows("a")), on(.end), on(.rows("b", tag: "INSERT 0 1")), on(.end), on(.rows("c", tag: "UPDATE 0")),
                on(.end),
                on(.sync(), "complete 1 a,b,c")),
            PipelineScenario(
                "what exceeds the capacity is refused at once, and nothing else is",
                window: 1, capacity: 2, on(.submit(1), "connect"), on(.submit(2)), on(.submit(3), "fail 3 overloaded"),
                on(.connected, "send 1"), on(.submit(4), "fail 4 overloaded"), on(.rows("a")), on(.end),
                on(.sync(), "complete 1 a", "send 2"), on(.submit(5)), on(.submit(6), "fail 6 overloaded")),
        ])
    func orderAndWindow(_ scenario: PipelineScenario) { scenario.play() }

    @Test(
        "failure",
        arguments: [
            PipelineScenario(
                "a statement that fails fails its request, whose other statements are skipped, and no other request",
                steps: [1: [.execute(nil), .execute(nil), .execute(nil), .sync]],
                on(.submit(1), "connect"), on(.submit(2)), on(.connected, "send 1", "send 2"), on(.rows("a")), on(.end),
                on(.failed("23505")), on(.end), on(.aborted), on(.end), on(.sync(), "fail 1 statement_failed 23505"),
                on(.rows("b")),
                on(.end), on(.sync(), "complete 2 b")),
            PipelineScenario(
                "of two failures the first is told",
                on(.submit(1), "connect"), on(.connected, "send 1"), on(.failed("22012")), on(.failed("25P02")),
                on(.end),
                on(.sync(), "fail 1 statement_failed 22012")),
            PipelineScenario(
                "a preparation that failed or was skipped is forgotten",
                steps: [1: [.prepare("p"), .prepare("q"), .execute(nil), .execute(nil), .sync]],
                on(.submit(1), "connect"), on(.connected, "send 1"), on(.failed("42601"), "forget p"), on(.end),
                on(.aborted, "forget q"),
                on(.end), on(.aborted), on(.end), on(.aborted), on(.end), on(.sync(), "fail 1 statement_failed 42601")),
            PipelineScenario(
                "a preparation that succeeded is kept when its statement fails",
                steps: [1: [.prepare("p"), .execute(nil), .sync]],
                on(.submit(1), "connect"), on(.connected, "send 1"), on(.rows("", tag: ""), "prepared p"), on(.end),
                on(.failed("22012")), on(.end),
                on(.sync(), "fail 1 statement_failed 22012")),
            PipelineScenario(
                "a request whose statement the server does not know any more is sent again, before those who wait",
                window: 1, steps: [1: [.execute("p"), .sync]],
                on(.submit(1), "connect"), on(.submit(2)), on(.connected, "send 1"), on(.failed("26000"), "forget p"),
                on(.end),
                on(.sync(), "send 1"), on(.rows("a")), on(.end), on(.sync(), "complete 1 a", "send 2")),
            PipelineScenario(
                "so is one whose statement would answer other columns than when it was prepared",
                steps: [1: [.execute("p"), .sync]],
                on(.submit(1), "connect"), on(.connected, "send 1"), on(.failed("0A000"), "forget p"), on(.end),
                on(.sync(), "send 1"),
                on(.rows("a")), on(.end), on(.sync(), "complete 1 a")),
            PipelineScenario(
                "it is sent again once only", steps: [1: [.execute("p"), .sync]],
                on(.submit(1), "connect"), on(.connected, "send 1"), on(.failed("26000"), "forget p"), on(.end),
                on(.sync(), "send 1"),
                on(.failed("26000"), "forget p"), on(.end), on(.sync(), "fail 1 statement_failed 26000")),
            PipelineScenario(
                "it is not sent again when nobody waits for it", steps: [1: [.execute("p"), .sync]],
                on(.submit(1), "connect"), on(.connected, "send 1"), on(.abandon(1), "fail 1 timeout"),
                on(.failed("26000"), "forget p"),
                on(.end), on(.sync())),
            PipelineScenario(
                "a statement without a name cannot be forgotten",
                on(.submit(1), "connect"), on(.connected, "send 1"), on(.failed("0A000")), on(.end),
                on(.sync(), "fail 1 statement_failed 0A000")),
            PipelineScenario(
                "a Sync that fails fails its request, and the connection ends",
                on(.submit(1), "connect"), on(.connected, "send 1"), on(.rows("a")), on(.end), on(.failed("57P01")),
                on(.end), on(.lost, "fail 1 connection_lost")),
        ])
    func failure(_ scenario: PipelineScenario) { scenario.play() }

    @Test(
        "abandoned callers",
        arguments: [
            PipelineScenario(
                "a request that still waits is taken back and never sent",
                on(.submit(1), "connect"), on(.submit(2)), on(.abandon(1), "fail 1 timeout"), on(.connected, "send 2")),
            PipelineScenario(
                "the answer to a request in flight is read and dropped, the next goes to the next",
                on(.submit(1), "connect"), on(.submit(2)), on(.connected, "send 1", "send 2"),
                on(.abandon(1), "fail 1 timeout"),
                on(.rows("a")), on(.end), on(.sync()), on(.rows("b")), on(.end), on(.sync(), "complete 2 b")),
            PipelineScenario(
                "its failure is dropped too",
                on(.submit(1), "connect"), on(.connected, "send 1"), on(.abandon(1), "fail 1 timeout"),
                on(.failed("22012")), on(.end),
                on(.sync()), on(.submit(2), "send 2")),
            PipelineScenario(
                "going away twice, or after the answer, changes nothing",
                on(.submit(1), "connect"), on(.connected, "send 1"), on(.abandon(1), "fail 1 timeout"), on(.abandon(1)),
                on(.rows("a")),
                on(.end), on(.sync()), on(.abandon(1)), on(.abandon(99))),
            PipelineScenario(
                "it holds its place in the window until it is answered",
                window: 1, on(.submit(1), "connect"), on(.connected, "send 1"), on(.abandon(1), "fail 1 timeout"),
                on(.submit(2)),
                on(.rows("a")), on(.end), on(.sync(), "send 2")),
        ])
    func abandoned(_ scenario: PipelineScenario) { scenario.play() }
}
