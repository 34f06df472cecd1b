/// Reads the parts of a flat JSON object one after the other.
struct FlatJSONScanner {
    private let bytes: [UInt8]
    private var position = 0

    /// Starts at the first byte.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Whether every byte has been read.
    var isAtEnd: Bool { position == bytes.count }

    /// Steps over `character` if it comes next, and says whether it did.
    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    /// A string or an integer; `nil` if neither comes next.
    mutating func value() -> FlatJSONObject.Value? {
        next == UInt8(ascii: "\"") ? string().map { .string($0) } : integer().map { .integer($0) }
    }

    /// A string of printable ASCII without escapes.
    mutating func string() -> String? {
        guard skip("\"") else { return nil }
        let start = position
        while let character = next, character != UInt8(ascii: "\"") {
            guard (0x20...0x7e).contains(character), character != UInt8(ascii: "\\") else { return nil }
            position += 1
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        return skip("\"") ? text : nil
    }

    /// An integer without leading zeros, sign only if negative, that fits 64 bits.
    private mutating func integer() -> Int64? {
        let start = position
        _ = skip("-")
        let firstDigit = position
        while let character = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(character) { position += 1 }
        let isPadded = bytes[firstDigit..<position].first == UInt8(ascii: "0") && position - firstDigit > 1
        guard position > firstDigit, !isPadded else { return nil }
        return Int64(String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }
}
