import Testing

@testable import Events

@Suite("EventRing")
struct EventRingTests {
    private static func events(_ numbers: ClosedRange<Int64>, bytes: Int = 10) -> [StreamedEvent] {
        numbers.map { seq in
            StreamedEvent(
                seq: seq, module: "m", audience: EventAudience(permission: nil), customer: nil,
                message: Array(repeating: 0, count: bytes))
        }
    }

    private func numbers(_ slice: EventRing.Slice) -> [Int64]? {
        if case .events(let events) = slice { events.map(\.seq) } else { nil }
    }

    @Test("It has what follows a number, a few bytes at a time")
    func slices() {
        var ring = EventRing(head: 100, maximumCount: 10, maximumBytes: 1000)
        ring.append(Self.events(101...105))
        #expect(numbers(ring.slice(after: 100, maximumBytes: 1000)) == [101, 102, 103, 104, 105])
        #expect(numbers(ring.slice(after: 103, maximumBytes: 1000)) == [104, 105])
        #expect(numbers(ring.slice(after: 101, maximumBytes: 25)) == [102, 103])
        #expect(numbers(ring.slice(after: 101, maximumBytes: 1)) == [102])
        guard case .current = ring.slice(after: 105, maximumBytes: 1000) else {
            Issue.record("nothing follows the newest")
            return
        }
    }

    @Test("The oldest go when there are too many or they are too large, and whoever needs them is behind")
    func bounds() {
        var ring = EventRing(head: 0, maximumCount: 4, maximumBytes: 1000)
        ring.append(Self.events(1...10))
        #expect(ring.floor == 6 && ring.head == 10)
        #expect(numbers(ring.slice(after: 6, maximumBytes: 1000)) == [7, 8, 9, 10])
        guard case .behind = ring.slice(after: 5, maximumBytes: 1000) else {
            Issue.record("what was let go is still there")
            return
        }
        ring.append(Self.events(11...12, bytes: 600))
        #expect(ring.floor == 11 && ring.head == 12)
    }

    @Test("Behind a gap it begins anew, and what it knows already it does not take again")
    func gaps() {
        var ring = EventRing(head: 0, maximumCount: 10, maximumBytes: 1000)
        ring.append(Self.events(1...3))
        ring.append(Self.events(2...4))
        #expect(numbers(ring.slice(after: 0, maximumBytes: 1000)) == [1, 2, 3, 4])
        ring.append(Self.events(9...10))
        #expect(ring.floor == 8)
        guard case .behind = ring.slice(after: 4, maximumBytes: 1000) else {
            Issue.record("a gap was passed over")
            return
        }
    }
}
