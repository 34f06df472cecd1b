import Foundation

/// The times a token may state: whole seconds of the Unix epoch, from 1970 to the year 9999.
enum TokenTime {
    /// The seconds a claim may hold; all of them fit a `Date` without loss.
    static let range: ClosedRange<Int64> = 0...253_402_300_799

    /// How far the clocks of two nodes may differ, in seconds.
    static let skew: TimeInterval = 30

    /// `date` in whole seconds, rounded down; `nil` outside the range.
    static func seconds(of date: Date) -> Int64? {
        guard let seconds = Int64(exactly: date.timeIntervalSince1970.rounded(.down)), range.contains(seconds) else {
            return nil
        }
        return seconds
    }
}
