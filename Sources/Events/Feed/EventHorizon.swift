internal import Foundation
internal import PluginKit
internal import Tenancy

/// Where looks for events without a number begin: the index that they walk keeps all that were numbered since somebody
/// holds a snapshot.
///
/// A look begins at the base, behind which all is that has no number yet. A mark becomes the base when a look has left
/// nothing and every transaction that began before the mark has ended; so none that is open is passed by, and whoever only
/// reads holds nothing up. A transaction that has written and stays open keeps the base where it is. When looks from there
/// take long, most begin at a mark of just now, and see only transactions that began after it, so that the events of one
/// keep their order.
struct EventHorizon: Sendable {
    /// A moment of the database.
    struct Mark: Hashable, Sendable {
        /// Less than the id of any event of a transaction that begins from here on.
        let floor: UUID
        /// The number of the next transaction that begins to write.
        let transaction: Int64
    }

    /// Which events are looked at.
    enum Look: Hashable, Sendable {
        /// All.
        case beginning
        /// Those behind the base.
        case base(UUID)
        /// Those of transactions that began after a mark.
        case mark(Mark)

        /// Only events of greater ids.
        var floor: UUID {
            switch self {
            case .beginning: .first
            case .base(let floor): floor
            case .mark(let mark): mark.floor
            }
        }

        /// Only events of this transaction and those after it; nil means of all.
        var since: Int64? {
            if case .mark(let mark) = self { mark.transaction } else { nil }
        }
    }

    /// What a look came to.
    struct Outcome: Hashable, Sendable {
        let numbered: Int
        /// Whether there may be more.
        let isFull: Bool
        /// Whether events were left because their tenant is being erased.
        let passedOver: Bool
        /// The first transaction that was open when it began, or the next one that will be.
        let oldest: Int64
    }

    /// How often everything is looked at: a clock may have been set back, or an erasure taken back.
    private static let longestTrust: Duration = .seconds(30)

    private var ration: LookRation
    private let apart: Duration
    private var base = UUID.first
    /// Becomes the base when all has ended that began before it.
    private var next: Mark?
    private var marks: [Mark] = []
    private var markedAt: ContinuousClock.Instant?
    private var trustEnds: ContinuousClock.Instant?
    private var isBehind = false

    /// - Parameters:
    ///   - cheap: while looks from the base take no longer, all begin there.
    ///   - apart: how far marks lie apart. What is open for longer waits for a look from the base.
    init(cheap: Duration = .milliseconds(50), apart: Duration = .milliseconds(250)) {
        ration = LookRation(cheap: cheap)
        self.apart = apart
    }

    /// Whether a mark is to be set; none is while there is more than looks can take, which would come to lie before it.
    func needsMark(at now: ContinuousClock.Instant) -> Bool {
        guard let markedAt else { return true }
        return !isBehind && markedAt.duration(to: now) >= apart
    }

    /// A mark was set.
    mutating func note(_ mark: Mark, at now: ContinuousClock.Instant) {
        // The one before the last, so that what began just now is behind it.
        marks = Array(marks.suffix(1)) + [mark]
        markedAt = now
        next = next ?? mark
    }

    /// What to look at now.
    mutating func look(at now: ContinuousClock.Instant) -> Look {
        if ration.isQuick(at: now), let mark = marks.first { return .mark(mark) }
        let trustsBase = trustEnds.map { now < $0 } ?? true
        if trustEnds == nil || !trustsBase { trustEnds = now + EventHorizon.longestTrust }
        return trustsBase ? .base(base) : .beginning
    }

    /// A look was taken.
    mutating func looked(
        _ look: Look, _ outcome: Outcome, from begin: ContinuousClock.Instant, to end: ContinuousClock.Instant
    ) {
        isBehind = outcome.isFull
        if case .mark = look { return }
        guard !outcome.isFull else { return }
        if !outcome.passedOver, let mark = next, outcome.oldest >= mark.transaction { (base, next) = (mark.floor, nil) }
        if case .base = look { ration.lookedWhole(from: begin, to: end) }
    }

    /// A look took longer than it may.
    mutating func gaveUp(_ look: Look, from begin: ContinuousClock.Instant, to end: ContinuousClock.Instant) {
        // From the same mark it would take as long again: the next ones begin later, and leave more to the base's.
        if case .mark = look { isBehind = false }
        if case .base = look { ration.lookedWhole(from: begin, to: end) }
    }
}
