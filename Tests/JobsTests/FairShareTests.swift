import Jobs
import PluginKit
import TestKit
import Testing

/// The fairness of the very code that claims deal out with, shown on many random days of a simulated platform.
@Suite("Fair share")
struct FairShareTests {
    /// A simulated tenant.
    private struct Customer {
        let id = TenantID.make()
        let weight: Double
        /// What its jobs take, in milliseconds.
        let length: ClosedRange<Double>
        var virtualTime = 0.0
        var waiting: Int
        var served = 0
        var work = 0.0
        var cost = 10.0
    }

    /// A platform with so many slots and a clock of its own, on which jobs begin, end and are settled as workers do it.
    private struct Simulation {
        var customers: [Customer]
        var share = FairShare(clock: 0)
        var tally = JobTally()
        var now = 0.0
        var running: [(end: Double, customer: Int, charge: Double, length: Double)] = []
        var random: SeededGenerator
        let slots: Int
        /// How many jobs one claim may take.
        let batch: Int

        init(_ customers: [Customer], slots: Int, batch: Int, seed: UInt64) {
            self.customers = customers
            self.slots = slots
            self.batch = batch
            random = SeededGenerator(seed: seed)
        }

        /// Runs until this moment; `onBegin` is told of every job that begins.
        mutating func run(until end: Double, onBegin: (Int, Double) -> Void = { _, _ in }) {
            while now < end {
                claim(onBegin)
                guard let next = running.indices.min(by: { running[$0].end < running[$1].end }) else { return }
                let job = running.remove(at: next)
                now = job.end
                tally.add(customers[job.customer].id, charged: job.charge, taken: job.length)
            }
        }

        private mutating func claim(_ onBegin: (Int, Double) -> Void) {
            let free = min(slots - running.count, batch)
            let owed = tally.entries
            let lanes = customers.filter { $0.waiting > 0 }.map { customer in
                FairShare.Lane(
                    tenant: customer.id,
                    virtualTime: customer.virtualTime + (owed[customer.id]?.excess ?? 0) / customer.weight,
                    weight: customer.weight, cost: owed[customer.id]?.cost ?? customer.cost, ready: customer.waiting,
                    room: .max)
            }
            let turns = share.deal(free, to: lanes)
            tally.settle(owed, of: turns.map(\.tenant))
            for turn in turns {
                guard let index = customers.firstIndex(where: { $0.id == turn.tenant }) else { continue }
                customers[index].virtualTime = turn.virtualTime
                customers[index].cost = turn.charge
                customers[index].waiting -= turn.count
                for _ in 0..<turn.count {
                    let length = Double.random(in: customers[index].length, using: &random)
                    running.append((now + length, index, turn.charge, length))
                    customers[index].served += 1
                    customers[index].work += length
                    onBegin(index, now)
                }
            }
        }
    }

    @Test("Weights of 1 and 3 hold within 10 % of the work done, whatever the lengths", arguments: 0..<20)
    func weights(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let (one, two) = (Double.random(in: 1...50, using: &random), Double.random(in: 1...50, using: &random))
        var simulation = Simulation(
            [
                Customer(weight: 1, length: one...one * 3, waiting: 1_000_000),
                Customer(weight: 3, length: two...two * 3, waiting: 1_000_000),
            ], slots: Int.random(in: 1...64, using: &random), batch: Int.random(in: 1...64, using: &random), seed: seed)
        simulation.run(until: 60_000)
        let ratio = simulation.customers[1].work / simulation.customers[0].work
        #expect(abs(ratio / 3 - 1) < 0.1)
    }

    @Test("Equal tenants share alike: Jain's index stays above 0.95, claimed one by one too", arguments: [1, 8, 64])
    func equality(batch: Int) {
        let customers = (0..<20).map { number in
            Customer(weight: 1, length: 1...Double(2 + number * 5), waiting: 1_000_000)
        }
        var simulation = Simulation(customers, slots: 16, batch: batch, seed: 7)
        simulation.run(until: 30_000)
        let work = simulation.customers.map(\.work)
        let sum = work.reduce(0, +)
        let jain = sum * sum / (Double(work.count) * work.map { $0 * $0 }.reduce(0, +))
        #expect(jain > 0.95)
    }

    @Test("A tenant's single job begins before a flooding one has begun many more", arguments: 0..<20)
    func flood(seed: UInt64) {
        var simulation = Simulation(
            [
                Customer(weight: 1, length: 5...40, waiting: 10_000), Customer(weight: 1, length: 5...40, waiting: 0),
            ], slots: 16, batch: 16, seed: seed)
        simulation.run(until: 2000)
        simulation.customers[1].waiting = 1
        let (asked, before) = (simulation.now, simulation.customers[0].served)
        var begun: (at: Double, behind: Int)?
        var others = before
        simulation.run(until: asked + 2000) { customer, time in
            if customer == 0 { others += 1 } else if begun == nil { begun = (time, others - before) }
        }
        // The slots are taken when it comes: it has the next turn that is dealt, and waits for no more than one of them.
        #expect(begun.map { $0.at - asked <= 40 && $0.behind <= 16 } == true)
    }

    @Test("Who was idle cashes in nothing")
    func idleness() {
        var simulation = Simulation(
            [
                Customer(weight: 1, length: 10...10, waiting: 1_000_000),
                Customer(weight: 1, length: 10...10, waiting: 0),
            ], slots: 4, batch: 4, seed: 1)
        simulation.run(until: 10_000)
        simulation.customers[1].waiting = 100_000
        let before = simulation.customers[0].served
        simulation.run(until: 20_000)
        let (first, second) = (simulation.customers[0].served - before, simulation.customers[1].served)
        #expect(abs(Double(first) / Double(second) - 1) < 0.05)
    }

    @Test("No more is dealt than there is, than there is room for, and than there are slots")
    func bounds() {
        func lane(_ ready: Int, _ room: Int) -> FairShare.Lane {
            FairShare.Lane(tenant: .make(), virtualTime: 0, weight: 1, cost: 10, ready: ready, room: room)
        }
        var share = FairShare(clock: 0)
        #expect(share.deal(10, to: [lane(3, 100), lane(100, 2)]).map(\.count).sorted() == [2, 3])
        #expect(share.deal(4, to: [lane(100, 100), lane(100, 100)]).map(\.count) == [2, 2])
        #expect(share.deal(0, to: [lane(1, 1)]).isEmpty && share.deal(5, to: []).isEmpty)
    }
}
