package import Foundation

/// Five fields of cron: minute, hour, day of the month, month, day of the week (crontab(5), with `*`, lists, ranges and
/// steps, names of months and days; 7 is Sunday too). When both days are given, either will do; one that begins with `*`
/// must fit too, so that `*/2` is every second day.
package struct CronExpression: Hashable, Sendable {
    /// Why a text is none.
    package struct Invalid: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String

        package init(description: String) { self.description = description }
    }

    private let minutes: Set<Int>
    private let hours: Set<Int>
    private let days: Set<Int>
    private let months: Set<Int>
    private let weekdays: Set<Int>
    /// Whether one of the two days must fit; else both must, where one of them begins with `*`.
    private let isEitherDay: Bool

    /// - Throws: `Invalid` with the field that is wrong.
    package init(_ text: String) throws(Invalid) {
        let fields = text.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        guard fields.count == 5 else {
            throw Invalid(description: "\(text) has \(fields.count) fields instead of five")
        }
        minutes = try Self.set(fields[0], 0...59)
        hours = try Self.set(fields[1], 0...23)
        days = try Self.set(fields[2], 1...31)
        months = try Self.set(fields[3], 1...12, Self.monthNames)
        weekdays = Set(try Self.set(fields[4], 0...7, Self.dayNames).map { $0 % 7 })
        isEitherDay = !fields[2].hasPrefix("*") && !fields[4].hasPrefix("*")
    }

    private static let monthNames = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ].enumerated().reduce(into: [String: Int]()) { $0[$1.element] = $1.offset + 1 }
    private static let dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"].enumerated()
        .reduce(into: [String: Int]()) { $0[$1.element] = $1.offset }

    private static func set(
        _ field: String, _ range: ClosedRange<Int>, _ names: [String: Int] = [:]
    ) throws(Invalid) -> Set<Int> {
        var values: Set<Int> = []
        for part in field.split(separator: ",", omittingEmptySubsequences: false) {
            let pieces = part.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            let bounds = pieces[0] == "*" ? range : try bounds(pieces[0], names, hasStep: pieces.count == 2, range)
            guard pieces.count <= 2, let step = pieces.count == 2 ? Int(pieces[1]) : 1, step > 0,
                range.contains(bounds.lowerBound), range.contains(bounds.upperBound)
            else { throw Invalid(description: "\(field) is not within \(range.lowerBound)-\(range.upperBound)") }
            values.formUnion(stride(from: bounds.lowerBound, through: bounds.upperBound, by: step))
        }
        return values
    }

    private static func bounds(
        _ text: String, _ names: [String: Int], hasStep: Bool, _ range: ClosedRange<Int>
    ) throws(Invalid) -> ClosedRange<Int> {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { end in
            names[end.lowercased()] ?? (end.allSatisfy { $0.isASCII && $0.isNumber } ? Int(end) : nil)
        }
        switch (ends.first ?? nil, ends.count > 1 ? ends[1] : nil, ends.count) {
        case (let low?, nil, 1): return hasStep ? low...max(low, range.upperBound) : low...low
        case (let low?, let high?, 2) where low <= high: return low...high
        default: throw Invalid(description: "\(text) is neither a number nor a range")
        }
    }

    /// Whether a day is meant.
    private func matches(day: Int, month: Int, weekday: Int) -> Bool {
        guard months.contains(month) else { return false }
        return isEitherDay
            ? days.contains(day) || weekdays.contains(weekday) : days.contains(day) && weekdays.contains(weekday)
    }

    /// Whether there is ever a day that is meant; of 30 February there is none.
    package var comes: Bool {
        // A day of the week comes in every month.
        guard !isEitherDay else { return true }
        return months.contains { month in days.contains { $0 <= Self.longest[month - 1] } }
    }

    /// The days of each month, of February in leap years.
    private static let longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

    /// The first moment after `moment` that is meant in a zone; nil when there is none within eight years, as with
    /// 30 February.
    ///
    /// A time of day that a change of the clocks skips is taken at the moment the clocks change; one that comes twice is
    /// taken the first time. An expression of every hour runs every hour all the same.
    package func next(after moment: Date, in zone: TimeZone) -> Date? {
        guard comes else { return nil }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        var day = calendar.startOfDay(for: moment)
        for _ in 0..<(8 * 366) {
            let parts = calendar.dateComponents([.year, .month, .day, .weekday], from: day)
            if let number = parts.day, let month = parts.month, let weekday = parts.weekday,
                matches(day: number, month: month, weekday: weekday - 1),
                let found = first(after: moment, on: day, calendar)
            {
                return found
            }
            guard let next = calendar.date(byAdding: .day, value: 1, to: day) else { return nil }
            day = calendar.startOfDay(for: next)
        }
        return nil
    }

    /// The first moment after `moment` on a day.
    private func first(after moment: Date, on day: Date, _ calendar: Calendar) -> Date? {
        guard let end = calendar.date(byAdding: .day, value: 1, to: day).map(calendar.startOfDay) else { return nil }
        let zone = calendar.timeZone
        let (offset, later) = (zone.secondsFromGMT(for: day), zone.secondsFromGMT(for: end))
        // A length other than a day's: the clocks change in it, and every minute of it is looked at.
        let isPlain = offset == later && end.timeIntervalSince(day) == 86_400
        let candidates = isPlain ? moments(on: day) : moments(on: day, until: end, in: zone)
        return candidates.filter { $0 > moment && $0 < end }.min()
    }

    /// When the times of day come on a day on which the clocks do not change.
    private func moments(on day: Date) -> [Date] {
        hours.flatMap { hour in minutes.map { day.addingTimeInterval(Double(hour * 3600 + $0 * 60)) } }
    }

    /// When the times of day come on a day on which the clocks change: once or, where hours are not named, as often as
    /// they do.
    private func moments(on day: Date, until end: Date, in zone: TimeZone) -> [Date] {
        var (found, seen, change): ([Date], Set<Int>, Date?) = ([], [], nil)
        // A day may begin with a change, where it is midnight that is skipped.
        var offset = zone.secondsFromGMT(for: day.addingTimeInterval(-60))
        // Clocks change by whole minutes, so every minute of real time is looked at.
        for at in stride(from: day, to: end, by: 60) {
            let before = offset
            offset = zone.secondsFromGMT(for: at)
            if change == nil, before < offset { change = at }
            let minute = Self.minuteOfDay(at, offset)
            guard hours.contains(minute / 60), minutes.contains(minute % 60) else { continue }
            if seen.insert(minute).inserted || hours.count == 24 { found.append(at) }
        }
        let isSkipping = seen.count < hours.count * minutes.count
        if hours.count < 24, isSkipping, let change { found.append(change) }
        return found
    }

    /// What the clocks show, in minutes since midnight.
    private static func minuteOfDay(_ moment: Date, _ offset: Int) -> Int {
        let minute = Int((moment.timeIntervalSince1970 / 60).rounded(.down)) + offset / 60
        return (minute % 1440 + 1440) % 1440
    }
}
