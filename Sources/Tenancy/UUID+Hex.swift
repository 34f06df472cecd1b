package import Foundation

extension UUID {
    /// The 32 lower-case hexadecimal digits without hyphens.
    package var hex: String {
        String(unsafeUninitializedCapacity: 32) { buffer in
            withUnsafeBytes(of: uuid) { bytes in
                for index in 0..<16 {
                    buffer[2 * index] = UUID.digit(bytes[index] >> 4)
                    buffer[2 * index + 1] = UUID.digit(bytes[index] & 15)
                }
            }
            return 32
        }
    }

    private static func digit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? nibble + UInt8(ascii: "0") : nibble + UInt8(ascii: "a") - 10
    }
}
