internal import Foundation
internal import PluginKit
internal import Tenancy

/// Behind which jobs nothing is expected any more, so that looks for work begin there.
///
/// The horizon lies behind the last job that was claimed, lane by lane and priority by priority; for jobs that wait,
/// behind the last time that has come. What has become ready before the horizon, such as a retry, or where nothing was
/// claimed yet, such as a tenant's first job, is found by the next whole look, of which `LookRation` says when it is
/// taken, or as soon as there is nothing behind the horizon.
struct JobHorizon: Sendable {
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
    /// Behind which time jobs are looked for that wait; nil while none has come.
    private(set) var due: Timestamp?
    private var ration: LookRation

    /// - Parameter cheap: a whole look that takes no longer is taken each time.
    init(cheap: Duration = .milliseconds(20)) {
        ration = LookRation(cheap: cheap)
    }

    /// Whether a look may begin at the horizon.
    func isQuick(at now: ContinuousClock.Instant) -> Bool {
        !floors.isEmpty && ration.isQuick(at: now)
    }

    /// A look from the beginning has been taken, and jobs with it, or it was given up.
    mutating func lookedWhole(from begin: ContinuousClock.Instant, to end: ContinuousClock.Instant) {
        if ration.lookedWhole(from: begin, to: end) { (floors, due) = ([:], nil) }
    }

    /// The time has come of what waited until then.
    mutating func cameDue(upTo moment: Timestamp) {
        let floor = moment.advanced(by: .milliseconds(-Int(JobHorizon.slackMilliseconds)))
        due = max(floor, due ?? floor)
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
