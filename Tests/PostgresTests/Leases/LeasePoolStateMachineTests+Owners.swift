import TestKit
import Testing

@testable import Postgres

extension LeasePoolStateMachineTests {
    @Test(
        "owners",
        arguments: [
            Scenario(
                "an owner holds a quarter of the budget, also while nobody else wants any", budget: 8, connections: 3,
                .on(.acquire(1, "a", for: "x"), "open 1 a"), .on(.acquire(2, "a", for: "x"), "open 2 a"),
                .on(.acquire(3, "a", for: "x")), .on(.acquire(4, "a", for: "y"), "open 4 a"),
                .on(.opened(1, "c1"), "grant 1 c1"), .on(.released("c1", "a", for: "x"), "grant 3 c1")),
            Scenario(
                "what could not be opened is no longer held", budget: 4, connections: 1,
                .on(.acquire(1, "a", for: "x"), "open 1 a"), .on(.acquire(2, "a", for: "x")),
                .on(.openFailed(1), "fail 1 connection_failed", "open 2 a")),
            Scenario(
                "two are kept for the kernel, whatever the owners want", budget: 8, connections: 8,
                .on(.acquire(1, "a", for: "x"), "open 1 a"), .on(.acquire(2, "a", for: "x"), "open 2 a"),
                .on(.acquire(3, "a", for: "y"), "open 3 a"), .on(.acquire(4, "a", for: "y"), "open 4 a"),
                .on(.acquire(5, "a", for: "z"), "open 5 a"), .on(.acquire(6, "a", for: "z"), "open 6 a"),
                .on(.acquire(7, "a", for: "u")), .on(.acquire(8, "k"), "open 8 k"), .on(.acquire(9, "k"), "open 9 k"),
                .on(.acquire(10, "k")), .on(.opened(9, "c9"), "grant 9 c9"), .on(.released("c9", "k"), "grant 10 c9")),
            Scenario(
                "what the kernel gives back is not for owners beyond theirs", budget: 4, connections: 4,
                .on(.acquire(1, "a", for: "x"), "open 1 a"), .on(.acquire(2, "a", for: "y"), "open 2 a"),
                .on(.acquire(3, "a", for: "z"), "open 3 a"), .on(.acquire(4, "a"), "open 4 a"),
                .on(.acquire(5, "a", for: "u")), .on(.opened(4, "c4"), "grant 4 c4"), .on(.released("c4", "a")),
                .on(.opened(1, "c1"), "grant 1 c1"), .on(.released("c1", "a", for: "x"), "grant 5 c1")),
            Scenario(
                "owners are served in turn, and each in the order it asked", budget: 1, capacity: 16, connections: 1,
                .on(.acquire(1, "a", for: "x"), "open 1 a"), .on(.acquire(2, "a", for: "x")),
                .on(.acquire(3, "a", for: "x")), .on(.acquire(4, "a", for: "y")), .on(.acquire(5, "a", for: "y")),
                .on(.acquire(6, "a")), .on(.opened(1, "c1"), "grant 1 c1"),
                .on(.released("c1", "a", for: "x"), "grant 2 c1"), .on(.released("c1", "a", for: "x"), "grant 4 c1"),
                .on(.released("c1", "a", for: "y"), "grant 6 c1"), .on(.released("c1", "a"), "grant 3 c1"),
                .on(.released("c1", "a", for: "x"), "grant 5 c1")),
        ])
    func owners(_ scenario: Scenario) { scenario.play() }

    @Test(
        "waiting places of owners",
        arguments: [
            Scenario(
                "an owner has a quarter of the places", budget: 1, capacity: 8, connections: 1,
                .on(.acquire(1, "a", for: "x"), "open 1 a"), .on(.acquire(2, "a", for: "x")),
                .on(.acquire(3, "a", for: "x")), .on(.acquire(4, "a", for: "x"), "fail 4 overloaded"),
                .on(.acquire(5, "a", for: "y"))),
            Scenario(
                "when all places are taken, who has most gives up the last one to who has less", budget: 1, capacity: 8,
                connections: 1,
                .on(.acquire(1, "a", for: "x"), "open 1 a"),
                .on(.acquire(2, "a", for: "x")), .on(.acquire(3, "a", for: "x")),
                .on(.acquire(4, "a", for: "y")), .on(.acquire(5, "a", for: "z")), .on(.acquire(6, "a", for: "u")),
                .on(.acquire(7, "a", for: "v")), .on(.acquire(8, "a", for: "w")), .on(.acquire(9, "a", for: "t")),
                .on(.acquire(10, "a", for: "s"), "fail 3 overloaded"),
                .on(.acquire(11, "a", for: "r"), "fail 11 overloaded")),
            Scenario(
                "the kernel has places of its own", budget: 1, capacity: 4, connections: 1,
                .on(.acquire(1, "a"), "open 1 a"), .on(.acquire(2, "a", for: "x")), .on(.acquire(3, "a", for: "y")),
                .on(.acquire(4, "a", for: "z")), .on(.acquire(5, "a", for: "u")),
                .on(.acquire(6, "a", for: "v"), "fail 6 overloaded"), .on(.acquire(7, "a"))),
            Scenario(
                "who goes away, or waits too long, holds up nobody's turn", budget: 1, capacity: 8, connections: 1,
                .on(.acquire(1, "a"), "open 1 a"), .on(.acquire(2, "a", for: "x")),
                .on(.acquire(3, "a", for: "y", deadline: 10)), .on(.acquire(4, "a", for: "z")),
                .on(.acquire(5, "a", for: "x")), .on(.abandon(2), "fail 2 timeout"), .on(.abandon(2)),
                .on(.expire(10), "fail 3 overloaded"), .on(.opened(1, "c1"), "grant 1 c1"),
                .on(.released("c1", "a"), "grant 5 c1"), .on(.released("c1", "a", for: "x"), "grant 4 c1")),
        ])
    func waitingPlaces(_ scenario: Scenario) { scenario.play() }
}
