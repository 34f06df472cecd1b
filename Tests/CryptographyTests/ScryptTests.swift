import Cryptography
import Testing

@Suite("scrypt")
struct ScryptTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        let password: String
        let salt: String
        let logarithm: Int
        let blockSize: Int
        let parallelization: Int
        let output: String
        var testDescription: String { "N = 2^\(logarithm), r = \(blockSize), p = \(parallelization)" }
    }

    /// RFC 7914 section 12; its fourth example needs 1 GiB, which the bounds forbid.
    static let vectors = [
        Vector(
            password: "", salt: "", logarithm: 4, blockSize: 1, parallelization: 1,
            output: "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
                + "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"
        ),
        Vector(
            password: "password", salt: "NaCl", logarithm: 10, blockSize: 8, parallelization: 16,
            output: "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
                + "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
        ),
        Vector(
            password: "pleaseletmein", salt: "SodiumChloride", logarithm: 14, blockSize: 8, parallelization: 1,
            output: "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
                + "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
        ),
    ]

    @Test("derives the keys of RFC 7914", arguments: vectors)
    func derive(_ vector: Vector) throws {
        let cost = try #require(
            ScryptCost(
                logarithm: vector.logarithm, blockSize: vector.blockSize, parallelization: vector.parallelization
            )
        )
        let output = try Scrypt.derive(
            from: Array(vector.password.utf8), salt: Array(vector.salt.utf8), cost: cost, count: 64
        )
        #expect(Hex.encode(output) == vector.output)
    }

    @Test(
        "a cost out of bounds does not exist",
        arguments: [
            (0, 8, 1), (21, 1, 1), (15, 0, 1), (15, 8, 0), (15, 33, 1), (15, 8, 17), (16, 1, 1), (18, 8, 1), (20, 2, 1),
            (17, 8, 3), (-1, 8, 1), (.max, 8, 1), (15, .max, 1), (15, 8, .max), (15, .min, 1),
        ]
    )
    func bounds(logarithm: Int, blockSize: Int, parallelization: Int) {
        #expect(ScryptCost(logarithm: logarithm, blockSize: blockSize, parallelization: parallelization) == nil)
    }

    @Test(
        "every cost OWASP recommends exists",
        arguments: [(17, 8, 1), (16, 8, 2), (15, 8, 3), (14, 8, 5), (13, 8, 10)]
    )
    func recommended(logarithm: Int, blockSize: Int, parallelization: Int) {
        #expect(ScryptCost(logarithm: logarithm, blockSize: blockSize, parallelization: parallelization) != nil)
    }

    @Test("asking for no bytes is an error")
    func noBytes() throws {
        let cost = try #require(ScryptCost(logarithm: 4, blockSize: 1, parallelization: 1))
        #expect(throws: PasswordError.unavailable) { try Scrypt.derive(from: [1], salt: [1], cost: cost, count: 0) }
    }
}
