package import PluginKit

/// What jobs really took, until the next claim settles it with their lanes.
package struct JobTally: Sendable {
    /// What is owed by one lane.
    package struct Entry: Hashable, Sendable {
        /// Milliseconds taken beyond what was charged; less than 0 when it was less.
        package var excess = 0.0
        /// How long a job takes here by now, in milliseconds.
        package var cost: Double
    }

    /// How much one more job says of how long the next will take.
    private static let learning = 0.1

    package private(set) var entries: [TenantID: Entry] = [:]

    package init() {}

    /// Counts a job that has ended.
    ///
    /// - Parameters:
    ///   - charged: what its claim charged, in milliseconds.
    ///   - taken: what it took.
    package mutating func add(_ tenant: TenantID, charged: Double, taken: Double) {
        let taken = max(taken, FairShare.minimumCost)
        var entry = entries[tenant] ?? Entry(cost: charged)
        entry.excess += taken - charged
        entry.cost += (taken - entry.cost) * JobTally.learning
        entries[tenant] = entry
    }

    /// Takes away what a claim has settled with these lanes.
    ///
    /// - Parameter settled: as the claim knew it; what came meanwhile stays.
    package mutating func settle(_ settled: [TenantID: Entry], of lanes: [TenantID]) {
        for tenant in lanes {
            guard let known = settled[tenant], let entry = entries[tenant] else { continue }
            if entry == known { entries[tenant] = nil } else { entries[tenant]?.excess -= known.excess }
        }
    }
}
