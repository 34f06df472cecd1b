import Jobs
import Testing

@Suite("Claim pace")
struct ClaimPaceTests {
    private static let start = ContinuousClock.now

    @Test("Half of the slots, or sixteen, are claimed for at once", arguments: [(4, 2, 2), (64, 48, 16), (64, 0, 64)])
    func enough(slots: Int, running: Int, room: Int) {
        var pace = ClaimPace(slots: slots)
        for _ in 0..<3 { #expect(pace.room(running: running, at: Self.start) == room) }
    }

    @Test("Fewer are claimed for once they have waited for a while, and none where none is free")
    func few() {
        var pace = ClaimPace(slots: 64)
        #expect(pace.room(running: 0, at: Self.start) == 64)
        #expect(pace.room(running: 49, at: Self.start + ClaimPace.patience / 2) == 0)
        #expect(pace.room(running: 49, at: Self.start + ClaimPace.patience) == 15)
        #expect(pace.room(running: 49, at: Self.start + ClaimPace.patience) == 0)
        #expect(pace.room(running: 64, at: Self.start + ClaimPace.patience * 9) == 0)
    }
}
