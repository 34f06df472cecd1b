public import Foundation

extension UUID {
    /// A new UUIDv7 (RFC 9562 §5.7): 48 bits of Unix milliseconds, then 74 random bits.
    ///
    /// - Parameter at: the instant to encode, for rows that are back-dated; now by default.
    public static func version7(at instant: Timestamp = .now()) -> UUID {
        let milliseconds = UInt64(max(0, instant.microseconds / 1000))
        var generator = SystemRandomNumberGenerator()
        let high = (milliseconds << 16) | 0x7000 | (generator.next() & 0x0FFF)
        let low = 0x8000_0000_0000_0000 | (generator.next() & 0x3FFF_FFFF_FFFF_FFFF)
        return UUID(high: high, low: low)
    }

    /// Parses exactly the canonical form (8-4-4-4-12 hexadecimal digits, either case); nil otherwise.
    public init?(canonical text: some StringProtocol) {
        var high: UInt64 = 0
        var low: UInt64 = 0
        var position = 0
        for byte in text.utf8 {
            switch position {
            case 8, 13, 18, 23:
                guard byte == UInt8(ascii: "-") else { return nil }
            default:
                guard position < 36, let digit = UUID.hexValue(byte) else { return nil }
                if position < 18 { high = high << 4 | digit } else { low = low << 4 | digit }
            }
            position += 1
        }
        guard position == 36 else { return nil }
        self.init(high: high, low: low)
    }

    /// The canonical form in lower case.
    public var lowercased: String {
        String(unsafeUninitializedCapacity: 36) { buffer in
            writeCanonical(into: UnsafeMutableRawBufferPointer(buffer))
            return 36
        }
    }

    /// A UUID from its two big-endian halves.
    public init(high: UInt64, low: UInt64) {
        var bytes: (UInt64, UInt64) = (high.bigEndian, low.bigEndian)
        self = withUnsafeBytes(of: &bytes) { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
    }

    /// Writes the 36 bytes of the canonical lower-case form; `target` must have room for them.
    func writeCanonical(into target: UnsafeMutableRawBufferPointer) {
        withUnsafeBytes(of: uuid) { UUID.writeCanonical($0, into: target) }
    }

    /// Writes 16 raw bytes as the 36 bytes of the canonical lower-case form.
    static func writeCanonical(_ raw: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) {
        var position = 0
        for index in 0..<16 {
            if index == 4 || index == 6 || index == 8 || index == 10 {
                target[position] = UInt8(ascii: "-")
                position += 1
            }
            target[position] = hexDigit(raw[index] >> 4)
            target[position + 1] = hexDigit(raw[index] & 15)
            position += 2
        }
    }

    @inline(__always)
    private static func hexDigit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? nibble &+ UInt8(ascii: "0") : nibble &+ (UInt8(ascii: "a") - 10)
    }

    private static func hexValue(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
