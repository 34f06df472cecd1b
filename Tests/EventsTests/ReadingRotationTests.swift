import Testing

@testable import Events

@Suite("ReadingRotation")
struct ReadingRotationTests {
    /// Waiters named after whose they are, in the order in which they come.
    private static func rotation(_ waiters: String...) -> ReadingRotation<String, String> {
        var rotation = ReadingRotation<String, String>()
        for (id, waiter) in waiters.enumerated() {
            rotation.append(waiter, UInt64(id), for: String(waiter.prefix(1)))
        }
        return rotation
    }

    private static func served(_ rotation: inout ReadingRotation<String, String>) -> [String] {
        var served: [String] = []
        while let next = rotation.next() { served.append(next) }
        return served
    }

    @Test("Owners are served in turn, and each one's in their order")
    func turns() {
        var rotation = Self.rotation("a1", "a2", "a3", "a4", "b1", "b2", "c1")
        #expect(rotation.count == 7)
        let served = Self.served(&rotation)
        #expect(served == ["a1", "b1", "c1", "a2", "b2", "a3", "a4"])
        #expect(rotation.count == 0)
    }

    @Test("Who comes while others are served waits for one of each")
    func late() {
        var rotation = Self.rotation("a1", "a2", "a3")
        let first = rotation.next()
        rotation.append("b1", 9, for: "b")
        let served = Self.served(&rotation)
        #expect(first == "a1" && served == ["a2", "b1", "a3"])
    }

    @Test("Who goes away is not served, and leaves the others their order")
    func gone() {
        var rotation = Self.rotation("a1", "b1", "a2", "c1")
        let removed = [(1, "b"), (0, "a"), (0, "a"), (3, "a")].map { rotation.remove($0.0, for: $0.1) }
        #expect(removed == ["b1", "a1", nil, nil])
        #expect(rotation.count == 2)
        let served = Self.served(&rotation)
        #expect(served == ["a2", "c1"])
    }
}
