import Foundation
import Jobs
import PluginHost
import Testing

@Suite("Schedule")
struct ScheduleTests {
    private static let format = Date.ISO8601FormatStyle()

    private func date(_ text: String) throws -> Date { try Date(text, strategy: ScheduleTests.format) }

    private func moments(_ cron: String, _ zone: String, after start: String, _ count: Int) throws -> [String] {
        let schedule = try Schedule(cron: cron, zone: zone, catchUp: .none)
        var moment = try date(start)
        return try (0..<count).map { _ in
            moment = try #require(schedule.next(after: moment))
            return moment.formatted(ScheduleTests.format)
        }
    }

    @Test(
        "J8: An expression means these moments",
        arguments: [
            ("*/15 * * * *", "UTC", "2026-03-01T00:01:00Z", ["2026-03-01T00:15:00Z", "2026-03-01T00:30:00Z"]),
            ("0 9 * * mon-fri", "UTC", "2026-11-20T10:00:00Z", ["2026-11-23T09:00:00Z", "2026-11-24T09:00:00Z"]),
            ("0 0 1 jan *", "UTC", "2026-11-20T10:00:00Z", ["2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z"]),
            ("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", ["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"]),
            // Either day will do when both are named.
            ("0 0 13 * 5", "UTC", "2026-02-01T00:00:00Z", ["2026-02-06T00:00:00Z", "2026-02-13T00:00:00Z"]),
            // A step through all days is no day that is named: both must fit.
            ("0 3 */2 * *", "UTC", "2026-03-30T12:00:00Z", ["2026-03-31T03:00:00Z", "2026-04-01T03:00:00Z"]),
            ("0 3 */10 * 1", "UTC", "2026-05-12T00:00:00Z", ["2026-06-01T03:00:00Z", "2026-08-31T03:00:00Z"]),
            ("0 0 * * 7", "UTC", "2026-11-20T00:00:00Z", ["2026-11-22T00:00:00Z", "2026-11-29T00:00:00Z"]),
            ("30 3 * * *", "Asia/Kolkata", "2026-11-20T00:00:00Z", ["2026-11-20T22:00:00Z", "2026-11-21T22:00:00Z"]),
        ])
    func means(cron: String, zone: String, start: String, expected: [String]) throws {
        #expect(try moments(cron, zone, after: start, expected.count) == expected)
    }

    @Test(
        "J8: Where the clocks change, a time that is skipped comes at the change, and one that comes twice comes once",
        arguments: [
            // Berlin, 29 March 2026: 02:00 becomes 03:00.
            ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]),
            // Berlin, 25 October 2026: 03:00 becomes 02:00.
            ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]),
            // An hourly one runs every hour of real time.
            (
                "0 * * * *", "Europe/Berlin", "2026-10-24T23:30:00Z",
                ["2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"]
            ),
            ("15 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", ["2026-03-29T00:15:00Z", "2026-03-29T01:15:00Z"]),
            // Lord Howe changes by half an hour.
            (
                "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z",
                ["2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"]
            ),
            // The day begins at one o'clock where midnight is skipped.
            (
                "0 0 * * *", "America/Santiago", "2026-09-05T12:00:00Z",
                ["2026-09-06T04:00:00Z", "2026-09-07T03:00:00Z"]
            ),
        ])
    func clocksChange(cron: String, zone: String, start: String, expected: [String]) throws {
        #expect(try moments(cron, zone, after: start, expected.count) == expected)
    }

    @Test(
        "What is no expression is refused",
        arguments: [
            "", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8",
            "5-1 * * * *",
            "*/0 * * * *", "a * * * *", "1,,2 * * * *", "-1 * * * *", "1/2/3 * * * *", "٣ * * * *",
        ])
    func refused(cron: String) {
        #expect(throws: CronExpression.Invalid.self) { try CronExpression(cron) }
    }

    @Test("A day that never comes is due never, and found out in no time")
    func never() throws {
        let schedule = try Schedule(cron: "0 0 30 2 *", zone: "UTC", catchUp: .last)
        #expect(try schedule.next(after: date("2026-01-01T00:00:00Z")) == nil)
    }

    @Test(
        "J8: What nobody was there for is skipped, made up for once, or all of it",
        arguments: [(Schedule.CatchUp.none, 0), (.last, 1), (.all, 6)])
    func catchUp(policy: Schedule.CatchUp, count: Int) throws {
        let schedule = try Schedule(cron: "0 * * * *", zone: "UTC", catchUp: policy)
        let (due, now) = (try date("2026-01-01T01:00:00Z"), try date("2026-01-01T06:30:00Z"))
        let (moments, next) = schedule.fire(due, now: now)
        let (seven, six) = (try date("2026-01-01T07:00:00Z"), try date("2026-01-01T06:00:00Z"))
        #expect(moments.count == count && next == seven)
        if policy == .last { #expect(moments == [six]) }
        // What is due just now is no catching up.
        #expect(schedule.fire(due, now: due.addingTimeInterval(1)).moments == [due])
    }

    @Test("A year of every minute is made up for by its last in no time, and by all of it in parts")
    func longAbsence() throws {
        let (due, now) = (try date("2026-01-01T00:00:00Z"), try date("2026-12-31T00:00:30Z"))
        let last = try Schedule(cron: "* * * * *", zone: "UTC", catchUp: .last).fire(due, now: now)
        #expect(last.moments == [try date("2026-12-31T00:00:00Z")])
        let all = try Schedule(cron: "* * * * *", zone: "UTC", catchUp: .all).fire(due, now: now)
        #expect(all.moments.count == Schedule.maximumCatchUp && all.next.map { $0 < now } == true)
    }

    @Test(
        "J8: Where the clocks change, every so many minutes goes on by real time, none left out and none twice",
        arguments: ["2026-03-29", "2026-10-25"], ["* * * * *", "*/5 * * * *"])
    func everyFewMinutes(day: String, cron: String) throws {
        let schedule = try Schedule(cron: cron, zone: "Europe/Berlin", catchUp: .none)
        let gap: TimeInterval = cron.hasPrefix("*/5") ? 300 : 60
        let start = try date("\(day)T00:30:00Z")
        // The clocks change at 01:00 UTC.
        var moment = start
        for number in 1...Int(3600 / gap) {
            moment = try #require(schedule.next(after: moment))
            #expect(moment == start.addingTimeInterval(Double(number) * gap))
        }
    }

    @Test(
        "Whether there is ever such a day is known without looking for one",
        arguments: [
            ("0 0 30 2 *", false), ("0 0 31 4,6,9,11 *", false), ("0 0 29 2 *", true), ("0 0 31 4-5 *", true),
            ("0 0 30 2 1", true), ("* * * * *", true), ("0 0 * 2 1", true),
        ])
    func comes(cron: String, expected: Bool) throws {
        #expect(try CronExpression(cron).comes == expected)
    }
}
