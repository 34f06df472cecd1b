import TestKit
import Testing

@testable import PluginKit

@Suite("Civil date")
struct CivilDateTests {
    @Test(
        "a day has its number since 1970, and a number its day",
        arguments: [
            (1970, 1, 1, 0), (1969, 12, 31, -1), (2000, 1, 1, 10_957), (2000, 2, 29, 11_016), (2000, 3, 1, 11_017),
            (1900, 2, 28, -25_509),
            (1900, 3, 1, -25_508), (2026, 11, 21, 20_778), (1, 1, 1, -719_162), (0, 3, 1, -719_468),
            (0, 2, 29, -719_469),
            (-1, 12, 31, -719_529), (-400, 2, 29, -865_566), (9999, 12, 31, 2_932_896),
        ] as [(Int, Int, Int, Int64)]
    )
    func dayHasItsNumber(year: Int, month: Int, day: Int, number: Int64) {
        #expect(CivilDate(year: year, month: month, day: day).daysSinceEpoch == number)
        let date = CivilDate(daysSinceEpoch: number)
        #expect([date.year, date.month, date.day] == [year, month, day])
    }

    @Test("every day of 800 years follows the one before")
    func daysFollowEachOther() {
        var (year, month, day) = (1600, 1, 1)
        for number in CivilDate(year: 1600, month: 1, day: 1)
            .daysSinceEpoch..<CivilDate(year: 2400, month: 1, day: 1).daysSinceEpoch
        {
            let date = CivilDate(daysSinceEpoch: number)
            guard date.year == year, date.month == month, date.day == day, date.daysSinceEpoch == number else {
                Issue.record("day \(number) is \(date), expected \(year)-\(month)-\(day)")
                return
            }
            day += 1
            if day > CivilDate.daysIn(month: month, year: year) { (month, day) = (month + 1, 1) }
            if month > 12 { (year, month) = (year + 1, 1) }
        }
        #expect([year, month, day] == [2400, 1, 1])
    }

    @Test(
        "February has 29 days in leap years",
        arguments: [(2024, 29), (2023, 28), (1900, 28), (2000, 29), (2100, 28), (2400, 29), (0, 29)])
    func februaryKnowsLeapYears(year: Int, days: Int) {
        #expect(CivilDate.daysIn(month: 2, year: year) == days)
    }
}
