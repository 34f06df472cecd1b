/// The hunt for the plugin that causes a trouble, by halving: a plain value. Where it is follows from who takes part and
/// from what was answered.
///
/// First all of them rest: a trouble that stays is no plugin's. Then half of the suspects serve again, round by round,
/// until one is left; and the trouble must be gone with that one at rest and all others in service. A module rests only
/// together with those that require it, so that none stands on nothing.
///
///     all ──still there──▶ over(nobody)
///      │gone
///      ▼
///     halving ──one left──▶ confirming ──gone──▶ over(culprit)
///      └─▶ halving                └──still there──▶ over(nobody)
package struct Bisection: Hashable, Sendable {
    /// A module that takes part.
    package struct Module: Hashable, Sendable {
        package let id: String
        package let requires: [String]

        package init(id: String, requires: [String]) {
            self.id = id
            self.requires = requires
        }
    }

    /// What it comes to.
    package enum Verdict: Hashable, Sendable {
        /// With this one at rest the trouble is gone.
        case culprit(String)
        /// No plugin is to blame, or none by itself.
        case nobody
    }

    /// What is to be done now.
    package enum Step: Hashable, Sendable {
        /// These rest and all others serve, while somebody looks. Can transition to: another round, or over.
        case round(resting: [String])
        /// Nothing is left to ask. Can transition to: nothing.
        case over(Verdict)
    }

    private enum Phase: Hashable {
        case all
        case halving(ArraySlice<String>)
        case confirming(String)
        case over(Verdict)
    }

    /// Who takes part, what is required before those that require it.
    package let modules: [Module]
    /// Round by round, whether the trouble was gone.
    package private(set) var answers: [Bool] = []
    private var phase: Phase
    /// What rested in the rounds in which the trouble was gone.
    private var cures: Set<[String]> = []

    /// - Parameters:
    ///   - modules: all that serve, what is required before those that require it.
    ///   - answers: those of the rounds that are over.
    package init(_ modules: [Module], answers: [Bool] = []) {
        self.modules = modules
        phase = modules.isEmpty ? .over(.nobody) : .all
        for isGone in answers { answer(isGone: isGone) }
    }

    /// What is to be done now.
    package var step: Step {
        if case .over(let verdict) = phase { .over(verdict) } else { .round(resting: resting) }
    }

    /// How many rounds there are at most after this one.
    package var roundsLeft: Int {
        switch phase {
        case .all: Bisection.halvings(of: modules.count) + 1
        case .halving(let suspects): Bisection.halvings(of: suspects.count)
        case .confirming, .over: 0
        }
    }

    /// Takes the answer of a round; none is taken when it is over.
    package mutating func answer(isGone: Bool) {
        guard case .round(let resting) = step else { return }
        answers.append(isGone)
        if isGone { cures.insert(resting) }
        switch phase {
        case .all: phase = isGone ? narrowed(to: modules.map(\.id)[...]) : .over(.nobody)
        case .halving(let suspects):
            let serving = Bisection.half(of: suspects)
            phase = narrowed(to: isGone ? suspects.dropFirst(serving) : suspects.prefix(serving))
        case .confirming(let culprit): phase = .over(isGone ? .culprit(culprit) : .nobody)
        case .over: break
        }
    }

    private func narrowed(to suspects: ArraySlice<String>) -> Phase {
        guard let only = suspects.first, suspects.count == 1 else { return .halving(suspects) }
        return cures.contains(withDependents([only])) ? .over(.culprit(only)) : .confirming(only)
    }

    private var resting: [String] {
        switch phase {
        case .all: modules.map(\.id)
        case .halving(let suspects): withDependents(Array(suspects.dropFirst(Bisection.half(of: suspects))))
        case .confirming(let culprit): withDependents([culprit])
        case .over: []
        }
    }

    /// These and all that require them, in the order of the modules.
    private func withDependents(_ ids: [String]) -> [String] {
        var found = Set(ids)
        // Who requires something comes after it.
        for module in modules where !found.isDisjoint(with: module.requires) { found.insert(module.id) }
        return modules.map(\.id).filter(found.contains)
    }

    /// How many of them serve: those that the others may require.
    private static func half(of suspects: ArraySlice<String>) -> Int { (suspects.count + 1) / 2 }

    private static func halvings(of count: Int) -> Int {
        count > 1 ? 1 + halvings(of: (count + 1) / 2) : 0
    }
}
