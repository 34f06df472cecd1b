import PluginKit
import Testing

@testable import Outbound

@Suite("LookUpState")
struct LookUpStateTests {
    /// Names that tenants ask for, two under way and two waiting for each.
    private struct Asked {
        let now = ContinuousClock.now
        var state = LookUpState<Int>(maximumUnderWay: 2, maximumWaiting: 2)
        var later: ContinuousClock.Instant { now + .seconds(5) }

        /// What is to be done for each of some names.
        mutating func join(_ names: String..., as waiter: Int = 1, of tenant: TenantID?) -> [LookUpState<Int>.Turn] {
            names.map { state.join($0, waiter, of: tenant, until: later, at: now) }
        }

        /// What begins when a name ends.
        mutating func end(_ name: String) -> String? { state.end(name, at: now).next }

        /// Who waited for a name that ends.
        mutating func waiters(_ name: String) -> [Int] { state.end(name, at: now).waiters }
    }

    private let one = TenantID.make()
    private let other = TenantID.make()

    @Test("An owner has two names under way and two that wait; another one, and the kernel, have theirs")
    func owners() {
        var asked = Asked()
        let turns = asked.join("a", "b", "c", "d", "e", of: one)
        #expect(turns == [.begin, .begin, .wait, .wait, .refused])
        let others = asked.join("f", of: other) + asked.join("g", "h", "i", "j", of: nil)
        #expect(others == [.begin, .begin, .begin, .begin, .begin])
    }

    @Test("A name that ends lets the next of its owner begin, in the order they came")
    func order() {
        var asked = Asked()
        _ = asked.join("a", "b", "c", "d", of: one)
        _ = asked.join("e", "f", "g", of: other)
        let next = [asked.end("f"), asked.end("b"), asked.end("a"), asked.end("c")]
        #expect(next == ["g", "c", "d", nil])
        let turns = asked.join("h", "i", of: one)
        #expect(turns == [.begin, .wait])
    }

    @Test("Whoever asks for a name that is under way waits for the same answer, and spends no turn")
    func shared() {
        var asked = Asked()
        let turns = asked.join("a", of: one) + asked.join("a", as: 2, of: other) + asked.join("a", as: 3, of: one)
        #expect(turns == [.begin, .wait, .wait])
        let waiters = asked.waiters("a")
        #expect(waiters == [1, 2, 3])
        let others = asked.join("b", "c", of: other)
        #expect(others == [.begin, .begin])
    }

    @Test("A name that waits behind one owner's others begins at once for whoever has a turn free")
    func overtaken() {
        var asked = Asked()
        _ = asked.join("a", "b", "c", of: one)
        let turns = asked.join("c", as: 2, of: other)
        #expect(turns == [.begin])
        let next = asked.end("a")
        #expect(next == nil)
        let waiters = asked.waiters("c")
        #expect(waiters == [1, 2])
    }

    @Test("What waited in vain is never begun, and leaves its place; what was begun in vain is not asked")
    func late() {
        var asked = Asked()
        _ = asked.join("a", "b", "c", "d", of: one)
        let (later, end) = (asked.later, asked.later + .seconds(5))
        let refused = asked.state.join("e", 1, of: one, until: end, at: asked.now)
        let waiting = asked.state.join("e", 1, of: one, until: end, at: later)
        #expect(refused == .refused && waiting == .wait)
        let early = asked.state.endUnwanted("a", at: asked.now)
        #expect(early?.waiters == nil)
        let unwanted = asked.state.endUnwanted("a", at: later)
        #expect(unwanted?.waiters == [1] && unwanted?.next == "e")
        let gone = asked.waiters("c")
        #expect(gone.isEmpty)
    }
}
