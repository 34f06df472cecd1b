package import Foundation
package import PluginHost

/// When something is done by the clock, in a zone.
package struct Schedule: Sendable {
    /// What becomes of moments that nobody was there for.
    package enum CatchUp: String, Sendable {
        /// They are skipped.
        case none
        /// The last of them is made up for.
        case last
        /// All of them are, up to a bound.
        case all
    }

    /// A moment this much past is one that nobody was there for.
    package static let grace: TimeInterval = 60
    private static let reaches: [TimeInterval] = [3600, 86_400, 2_764_800, 34_560_000]
    /// The most moments that are made up for at once; the others follow.
    package static let maximumCatchUp = 50

    private let expression: CronExpression
    private let zone: TimeZone
    private let catchUp: CatchUp

    /// - Throws: `CronExpression.Invalid` for the expression or the zone.
    package init(cron: String, zone: String, catchUp: CatchUp) throws(CronExpression.Invalid) {
        expression = try CronExpression(cron)
        guard let found = TimeZone(identifier: zone) else {
            throw CronExpression.Invalid(description: "\(zone) is no zone")
        }
        self.zone = found
        self.catchUp = catchUp
    }

    /// The first moment after another; nil when there is none within eight years.
    package func next(after moment: Date) -> Date? { expression.next(after: moment, in: zone) }

    /// What is to be done now, and when it is due again: not before `now` has passed, unless there is more to make up for.
    ///
    /// - Parameter due: when it was due, which is not after `now`.
    package func fire(_ due: Date, now: Date) -> (moments: [Date], next: Date?) {
        switch catchUp {
        case .all:
            var moments = [due]
            while moments.count < Schedule.maximumCatchUp, let next = next(after: moments[moments.count - 1]),
                next <= now
            {
                moments.append(next)
            }
            return (moments, next(after: moments[moments.count - 1]))
        case .last: return ([last(from: due, to: now)], next(after: now))
        case .none:
            let start = max(due, now.addingTimeInterval(-Schedule.grace))
            let moment = next(after: start.addingTimeInterval(-0.001))
            return (moment.map { $0 <= now ? [$0] : [] } ?? [], next(after: now))
        }
    }

    /// The last moment up to `now`, looked for ever further back, since there may be very many.
    private func last(from due: Date, to now: Date) -> Date {
        for reach in Schedule.reaches {
            let start = max(due, now.addingTimeInterval(-reach))
            var found: Date?
            var moment = next(after: start.addingTimeInterval(-0.001))
            while let at = moment, at <= now {
                found = at
                moment = next(after: at)
            }
            if let found { return found }
        }
        return due
    }
}
