/// Base64 without padding over one alphabet of 64 characters, with exactly one text for each sequence of bytes.
struct Base64Codec: Sendable {
    /// The alphabet of RFC 4648 section 4, as PHC strings use it.
    static let standard = Base64Codec(last: "+/")

    /// The alphabet of RFC 4648 section 5, safe in URLs and file names.
    static let url = Base64Codec(last: "-_")

    private static let invalid: UInt8 = 0xff
    private let characters: [UInt8]
    private let values: [UInt8]

    private init(last: String) {
        characters = Array(("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + last).utf8)
        var values = [UInt8](repeating: Self.invalid, count: 256)
        for (value, character) in characters.enumerated() { values[Int(character)] = UInt8(value) }
        self.values = values
    }

    /// `bytes` as text without padding.
    func encode(_ bytes: [UInt8]) -> String {
        String(unsafeUninitializedCapacity: (bytes.count * 4 + 2) / 3) { output in
            var position = 0
            var bits: UInt32 = 0
            var bitCount = 0
            for byte in bytes {
                bits = bits << 8 | UInt32(byte)
                bitCount += 8
                while bitCount >= 6 {
                    bitCount -= 6
                    output[position] = characters[Int(bits >> UInt32(bitCount) & 63)]
                    position += 1
                }
            }
            if bitCount > 0 {
                output[position] = characters[Int(bits << UInt32(6 - bitCount) & 63)]
                position += 1
            }
            return position
        }
    }

    /// The bytes `text` stands for; `nil` for a foreign character (padding and space included), an impossible length,
    /// or left-over bits that are not zero.
    func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard text.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count * 3 / 4)
        var bits: UInt32 = 0
        var bitCount = 0
        for character in text {
            let value = values[Int(character)]
            guard value != Self.invalid else { return nil }
            bits = bits << 6 | UInt32(value)
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
            }
        }
        guard bits & (1 << UInt32(bitCount) - 1) == 0 else { return nil }
        return bytes
    }
}
