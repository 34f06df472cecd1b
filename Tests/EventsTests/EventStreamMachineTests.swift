import Testing

@testable import Events

@Suite("EventStreamMachine")
struct EventStreamMachineTests {
    private static let start = ContinuousClock.now

    private static func machine(at position: Int64 = 10, expiresAfter seconds: Int? = nil) -> EventStreamMachine {
        var limits = StreamLimits()
        limits.heartbeat = .seconds(15)
        return EventStreamMachine(
            at: position, expiresAt: seconds.map { start + .seconds($0) }, limits: limits, now: start
        ) { "<\($0)>" }
    }

    private static func event(_ seq: Int64, _ text: String = "") -> StreamedEvent {
        StreamedEvent(
            seq: seq, module: "m", audience: EventAudience(permission: nil), customer: nil,
            message: Array("[\(seq)\(text)]".utf8))
    }

    private func text(_ actions: [EventStreamMachine.Action]) -> String {
        actions.map { action in
            switch action {
            case .write(let bytes): String(decoding: bytes, as: UTF8.self)
            case .end: "END"
            }
        }.joined(separator: "|")
    }

    @Test("It begins with how to come back, and to where")
    func opening() {
        var machine = Self.machine()
        #expect(text(machine.opened(now: Self.start)) == "retry: 2000\n\nid: <10>\n\n")
    }

    @Test("What is seen is written in one piece, what is not moves the position only")
    func events() {
        var machine = Self.machine()
        let actions = machine.received([Self.event(11), Self.event(12), Self.event(13)], now: Self.start) {
            $0.seq != 12
        }
        #expect(text(actions) == "[11][13]")
        #expect(machine.position == 13 && machine.sent == 2)
        #expect(machine.received([Self.event(14)], now: Self.start) { _ in false }.isEmpty)
        #expect(machine.position == 14)
    }

    @Test("What it has sent already it does not send again")
    func repeated() {
        var machine = Self.machine()
        #expect(text(machine.received([Self.event(10), Self.event(11)], now: Self.start) { _ in true }) == "[11]")
    }

    @Test("A heartbeat tells the position when something was passed over, and else nothing")
    func heartbeats() {
        var machine = Self.machine()
        #expect(machine.passed(to: Self.start + .seconds(14)).isEmpty)
        #expect(text(machine.passed(to: Self.start + .seconds(15))) == ":\n\n")
        _ = machine.received([Self.event(11)], now: Self.start) { _ in false }
        #expect(text(machine.passed(to: Self.start + .seconds(30))) == "id: <11>\n\n")
        #expect(text(machine.passed(to: Self.start + .seconds(45))) == ":\n\n")
        // A position would grow too old to be resumed.
        #expect(text(machine.passed(to: Self.start + .seconds(3700))) == "id: <11>\n\n")
    }

    @Test("Whoever sees nothing of many events is told how far they are before the next heartbeat")
    func longSilence() {
        var machine = Self.machine()
        let events = (11...266).map { Self.event($0) }
        #expect(text(machine.received(events, now: Self.start) { _ in false }) == "id: <266>\n\n")
    }

    @Test("The end of the token, another standing and the end of the server end it, with the position")
    func ends() {
        var expiring = Self.machine(expiresAfter: 5)
        #expect(expiring.deadline == Self.start + .seconds(5))
        let expired = expiring.passed(to: Self.start + .seconds(5))
        #expect(text(expired) == "event: reauth\ndata: {\"reason\":\"expired\"}\n\n|END")
        var revoked = Self.machine()
        _ = revoked.received([Self.event(11)], now: Self.start) { _ in false }
        let actions = revoked.revoked(.changed, now: Self.start)
        #expect(text(actions) == "id: <11>\n\nevent: reauth\ndata: {\"reason\":\"changed\"}\n\n|END")
        var stopped = Self.machine()
        #expect(text(stopped.stopped(now: Self.start)) == "retry: 500\n\n|END")
    }

    @Test("Whoever is too slow is told the present position and nothing more")
    func overflow() {
        var machine = Self.machine()
        let actions = machine.overflowed(present: 900, now: Self.start)
        #expect(text(actions) == "id: <900>\nevent: resync\ndata: {\"reason\":\"slow\"}\n\n|END")
    }

    @Test("A position that is not known goes on from the present")
    func resync() {
        var machine = Self.machine()
        let actions = machine.resynced(at: 900, .unknown, now: Self.start)
        #expect(text(actions) == "id: <900>\nevent: resync\ndata: {\"reason\":\"unknown\"}\n\n")
        #expect(text(machine.received([Self.event(901)], now: Self.start) { _ in true }) == "[901]")
    }

    @Test("After its end it does nothing, whatever comes")
    func afterEnd() {
        var machine = Self.machine()
        _ = machine.stopped(now: Self.start)
        #expect(machine.isEnded)
        #expect(machine.received([Self.event(11)], now: Self.start) { _ in true }.isEmpty)
        #expect(machine.heard([Self.event(0)], now: Self.start).isEmpty)
        #expect(machine.passed(to: Self.start + .seconds(100)).isEmpty)
        #expect(machine.revoked(.changed, now: Self.start).isEmpty)
        #expect(machine.overflowed(present: 1, now: Self.start).isEmpty)
        #expect(machine.resynced(at: 1, .unknown, now: Self.start).isEmpty)
    }
}
