public import Foundation

/// An instant with the precision of PostgreSQL's `timestamptz`: microseconds since 1970-01-01T00:00:00Z.
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Microseconds since the Unix epoch.
    public let microseconds: Int64

    /// Wraps a number of microseconds since the Unix epoch.
    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// The instant of a Foundation date.
    public init(_ date: Date) {
        microseconds = Int64((date.timeIntervalSince1970 * 1_000_000).rounded())
    }

    /// The current instant.
    public static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    /// Later than every instant the platform stores; the start of a list that runs backwards in time.
    public static let distantFuture = Timestamp(microseconds: 253_402_300_799_000_000)  // 9999-12-31T23:59:59Z

    /// Whole seconds since the Unix epoch, rounded down.
    public var seconds: Int64 { microseconds >= 0 ? microseconds / 1_000_000 : (microseconds - 999_999) / 1_000_000 }

    /// This instant moved by `duration`.
    public func advanced(by duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        return Timestamp(microseconds: microseconds + seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
    }

    /// Whether one instant is before another.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microseconds < right.microseconds
    }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC with six decimals, such as `2026-11-21T03:37:32.123456Z`.
    public var description: String {
        String(unsafeUninitializedCapacity: Timestamp.width) { buffer in
            write(into: UnsafeMutableRawBufferPointer(buffer))
            return Timestamp.width
        }
    }

    /// The length of the RFC 3339 form in bytes.
    static let width = 27

    /// Writes the RFC 3339 form; `target` must have room for `width` bytes.
    ///
    /// The form has the years 0 to 9999 only: what lies outside, such as `infinity`, is written as the nearest instant.
    func write(into target: UnsafeMutableRawBufferPointer) {
        let microseconds = min(max(microseconds, -62_167_219_200_000_000), 253_402_300_799_999_999)
        let second = Timestamp(microseconds: microseconds).seconds
        let fraction = microseconds - second * 1_000_000
        var days = second / 86_400
        if second % 86_400 < 0 { days -= 1 }
        let ofDay = second - days * 86_400
        let date = CivilDate(daysSinceEpoch: days)
        Timestamp.digits(Int64(date.year), 4, target, 0)
        target[4] = UInt8(ascii: "-")
        Timestamp.digits(Int64(date.month), 2, target, 5)
        target[7] = UInt8(ascii: "-")
        Timestamp.digits(Int64(date.day), 2, target, 8)
        target[10] = UInt8(ascii: "T")
        Timestamp.digits(ofDay / 3600, 2, target, 11)
        target[13] = UInt8(ascii: ":")
        Timestamp.digits(ofDay / 60 % 60, 2, target, 14)
        target[16] = UInt8(ascii: ":")
        Timestamp.digits(ofDay % 60, 2, target, 17)
        target[19] = UInt8(ascii: ".")
        Timestamp.digits(fraction, 6, target, 20)
        target[26] = UInt8(ascii: "Z")
    }

    @inline(__always)
    private static func digits(_ value: Int64, _ count: Int, _ target: UnsafeMutableRawBufferPointer, _ offset: Int) {
        var rest = value
        var position = offset + count - 1
        while position >= offset {
            target[position] = UInt8(truncatingIfNeeded: rest % 10) &+ UInt8(ascii: "0")
            rest /= 10
            position -= 1
        }
    }
}
