internal import Foundation
internal import PluginKit

/// Behind which jobs nothing is expected any more, so that looks for work begin there.
///
/// While somebody holds a snapshot, PostgreSQL keeps every job that was ever ready in its index, and a look from the
/// beginning passes all of them. So when such a look takes long, it is taken now and then only, and those between begin
/// at the horizon: behind the last job that was claimed, lane by lane and priority by priority. What has become ready
/// before the horizon, such as a retry, or where nothing was claimed yet, such as a tenant's first job, is found by the
/// next whole look, or as soon as there is nothing behind the horizon.
struct JobHorizon: Sendable {
    /// What whole looks may take, of all time.
    private static let share = 0.05
    /// No longer does anybody wait for the next one.
    private static let longestPause: Duration = .milliseconds(1500)
    /// Transactions end in another order than they took their ids in; within this time none is passed over.
    private static let slackMilliseconds: UInt64 = 250
    /// Lanes that are looked at between whole looks.
    private static let maximumLanes = 200

    /// A part of a lane.
    struct Strand: Hashable, Sendable {
        let tenant: TenantID
        let priority: Int
    }

    /// The least id that is looked at, of each part of a lane that jobs were claimed from.
    private(set) var floors: [Strand: UUID] = [:]
    private var nextWholeLook: ContinuousClock.Instant?
    private let cheap: Duration

    /// - Parameter cheap: a whole look that takes no longer is taken each time.
    init(cheap: Duration = .milliseconds(20)) {
        self.cheap = cheap
    }

    /// Whether a look may begin at the horizon.
    func isQuick(at now: ContinuousClock.Instant) -> Bool {
        guard let nextWholeLook, !floors.isEmpty else { return false }
        return now < nextWholeLook
    }

    /// A look from the beginning has been taken, and jobs with it.
    mutating func lookedWhole(from begin: ContinuousClock.Instant, to end: ContinuousClock.Instant) {
        let time = begin.duration(to: end)
        guard time > cheap else {
            self = JobHorizon(cheap: cheap)
            return
        }
        nextWholeLook = end + min(time * (1 / JobHorizon.share - 1), JobHorizon.longestPause)
    }

    /// Jobs were claimed, which are the first of their strands.
    mutating func passed(_ jobs: [(strand: Strand, id: UUID)]) {
        for job in jobs {
            let floor = JobHorizon.before(job.id)
            floors[job.strand] = max(floor, floors[job.strand] ?? floor)
        }
        if floors.count > JobHorizon.maximumLanes { floors = [:] }
    }

    /// The first id of a time shortly before an id's own (RFC 9562 §5.7: 48 bits of milliseconds).
    static func before(_ id: UUID) -> UUID {
        let milliseconds = withUnsafeBytes(of: id.uuid) { UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)) >> 16 }
        let before = milliseconds - min(milliseconds, slackMilliseconds)
        return UUID(high: before << 16 | 0x7000, low: 0x8000_0000_0000_0000)
    }
}
