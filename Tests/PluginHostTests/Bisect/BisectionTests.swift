import PluginHost
import Testing

/// The hunt, answered by a world that knows the culprit.
@Suite("Bisection")
struct BisectionTests {
    /// Modules and who requires whom, what is required first.
    struct World: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let modules: [Bisection.Module]

        init(_ description: String, _ modules: KeyValuePairs<String, [String]>) {
            testDescription = description
            self.modules = modules.map { Bisection.Module(id: $0.key, requires: $0.value) }
        }

        /// So many that require nobody.
        init(_ count: Int) {
            testDescription = "\(count) modules"
            modules = (0..<count).map { Bisection.Module(id: "m\($0)", requires: []) }
        }
    }

    static let worlds =
        (1...17).map { World($0) } + [
            World("a chain", ["a": [], "b": ["a"], "c": ["b"], "d": ["c"], "e": ["d"]]),
            World("a star", ["a": [], "b": ["a"], "c": ["a"], "d": ["a"], "e": ["a"], "f": ["a"]]),
            World("a diamond", ["a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"], "e": [], "f": ["e", "d"]]),
            World("something that is not there", ["a": ["gone"], "b": ["a"], "c": []]),
        ]

    /// Answers every round as long as there is one.
    ///
    /// - Parameter isGone: whether the trouble is gone while these rest.
    private func verdict(
        _ world: World, isGone: (Set<String>) -> Bool
    ) throws -> (verdict: Bisection.Verdict, rounds: Int) {
        var bisection = Bisection(world.modules)
        var limit = bisection.roundsLeft + 1
        while case .round(let resting) = bisection.step {
            try #require(limit > 0, "it does not end")
            let names = Set(resting)
            #expect(names.count == resting.count && !names.isEmpty)
            // Nobody serves whose ground rests.
            for module in world.modules where !names.contains(module.id) {
                #expect(names.isDisjoint(with: module.requires), "\(module.id) stands on nothing: \(resting)")
            }
            // Where it is follows from what was answered: started anew, it goes on.
            #expect(Bisection(world.modules, answers: bisection.answers).step == bisection.step)
            let left = bisection.roundsLeft
            bisection.answer(isGone: isGone(names))
            if case .round = bisection.step { #expect(bisection.roundsLeft < left) }
            limit -= 1
        }
        guard case .over(let verdict) = bisection.step else { throw Unended() }
        return (verdict, bisection.answers.count)
    }

    private struct Unended: Error {}

    @Test(
        "P10: The culprit is found wherever it stands, in one round for all, the halvings and one to make sure",
        arguments: worlds)
    func everyPosition(world: World) throws {
        var most = 2
        while 1 << (most - 2) < world.modules.count { most += 1 }
        for culprit in world.modules {
            let (verdict, rounds) = try verdict(world) { $0.contains(culprit.id) }
            #expect(verdict == .culprit(culprit.id))
            #expect(rounds <= most, "\(culprit.id) took \(rounds) rounds")
        }
    }

    @Test("P10: A trouble that stays while all rest is no plugin's, and one round tells", arguments: worlds)
    func nobody(world: World) throws {
        let (verdict, rounds) = try verdict(world) { _ in false }
        #expect(verdict == .nobody && rounds == 1)
    }

    @Test("Who is named is a cure: of two that make the trouble together one, of two that each make it nobody")
    func pairs() throws {
        let world = World(7)
        let names = world.modules.map(\.id)
        for one in names {
            for other in names where one != other {
                let together = try verdict(world) { $0.contains(one) || $0.contains(other) }.verdict
                #expect([.culprit(one), .culprit(other)].contains(together), "\(one) \(other): \(together)")
                #expect(try verdict(world) { $0.contains(one) && $0.contains(other) }.verdict == .nobody)
            }
        }
    }

    @Test("Without anybody to suspect it is over at once; answers after the end change nothing")
    func ends() {
        #expect(Bisection([]).step == .over(.nobody))
        var over = Bisection(World(1).modules, answers: [true, false, false])
        #expect(over.step == .over(.culprit("m0")) && over.answers == [true])
        over.answer(isGone: false)
        #expect(over.step == .over(.culprit("m0")) && over.roundsLeft == 0)
    }
}
