package import PluginKit

/// Whose turn it is: start-time fair queueing over lanes, one for each tenant with work.
///
/// A lane's virtual time is the milliseconds of work it has had, divided by its weight. The lane with the smallest goes
/// next, and is charged what its jobs usually take; what they really took is settled later, so that long jobs are paid
/// for. A lane that was idle starts at the clock and cashes in nothing.
/// (P. Goyal, H. Vin, H. Cheng: Start-time Fair Queueing, SIGCOMM 1996.)
package struct FairShare: Sendable {
    /// What is known of a tenant's work in one module.
    package struct Lane: Sendable {
        package let tenant: TenantID
        /// Milliseconds of work had, divided by the weight.
        package var virtualTime: Double
        /// How many shares it has of what there is; above 0.
        package let weight: Double
        /// What a job of it usually takes, in milliseconds.
        package let cost: Double
        /// Jobs that could begin now, as far as they were counted.
        package let ready: Int
        /// How many more of them may begin now.
        package let room: Int
        /// How many tokens are in its bucket; nil when it has no limit of jobs a minute.
        package let tokens: Double?

        package init(
            tenant: TenantID, virtualTime: Double, weight: Double, cost: Double, ready: Int, room: Int,
            tokens: Double? = nil
        ) {
            self.tenant = tenant
            self.virtualTime = virtualTime
            self.weight = max(weight, 0.001)
            self.cost = max(cost, FairShare.minimumCost)
            self.ready = ready
            self.room = min(room, tokens.map { Int($0.rounded(.down)) } ?? room)
            self.tokens = tokens
        }
    }

    /// So many jobs of one lane are to begin.
    package struct Turn: Hashable, Sendable {
        package let tenant: TenantID
        package let count: Int
        /// What each of them is charged, in milliseconds.
        package let charge: Double
        /// Where the lane stands after it.
        package let virtualTime: Double
        /// What is left in its bucket; nil when it has none.
        package let tokens: Double?
    }

    /// No job is cheaper than claiming it.
    package static let minimumCost = 0.5

    /// The virtual time at which the lane stood that was served last.
    package private(set) var clock: Double

    package init(clock: Double) {
        self.clock = clock
    }

    /// Deals out slots.
    package mutating func deal(_ slots: Int, to lanes: [Lane]) -> [Turn] {
        // Times are kept in `next`; the lane itself says how many are left to give.
        var next = lanes.map { max($0.virtualTime, clock) }
        var given = lanes.map { _ in 0 }
        for _ in 0..<max(0, slots) {
            var chosen: Int?
            for index in lanes.indices where given[index] < min(lanes[index].ready, lanes[index].room) {
                if chosen.map({ next[index] < next[$0] }) ?? true { chosen = index }
            }
            guard let chosen else { break }
            clock = max(clock, next[chosen])
            next[chosen] += lanes[chosen].cost / lanes[chosen].weight
            given[chosen] += 1
        }
        return lanes.indices.filter { given[$0] > 0 }.map { index in
            let (lane, count) = (lanes[index], given[index])
            return Turn(
                tenant: lane.tenant, count: count, charge: lane.cost, virtualTime: next[index],
                tokens: lane.tokens.map { max(0, $0 - Double(count)) })
        }
    }
}
