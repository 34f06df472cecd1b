import Cryptography
import Testing

@Suite("HKDF-SHA-256")
struct HKDFTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        let number: Int
        let master: [UInt8]
        let salt: [UInt8]
        let info: [UInt8]
        let output: String
        var testDescription: String { "RFC 5869 case \(number)" }
    }

    /// RFC 5869 appendices A.1 to A.3.
    static let vectors = [
        Vector(
            number: 1, master: [UInt8](repeating: 0x0b, count: 22), salt: Array(0x00...0x0c), info: Array(0xf0...0xf9),
            output: "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        ),
        Vector(
            number: 2, master: Array(0x00...0x4f), salt: Array(0x60...0xaf), info: Array(0xb0...0xff),
            output: "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
                + "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
        ),
        Vector(
            number: 3, master: [UInt8](repeating: 0x0b, count: 22), salt: [], info: [],
            output: "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
        ),
    ]

    @Test("derives the keys of RFC 5869", arguments: vectors)
    func derive(_ vector: Vector) throws {
        let output = try HKDF.derive(
            from: vector.master, salt: vector.salt, info: vector.info, count: vector.output.utf8.count / 2
        )
        #expect(Hex.encode(output) == vector.output)
    }

    @Test("refuses lengths it cannot give", arguments: [Int.min, -1, 0, 8_161, .max])
    func bounds(count: Int) {
        #expect(throws: CryptographyError.invalidByteCount) {
            try HKDF.derive(from: [1], info: [], count: count)
        }
    }

    @Test("gives its longest output")
    func longest() throws {
        #expect(try HKDF.derive(from: [1], info: [], count: HKDF.maximumByteCount).count == 8_160)
    }
}
