import Cryptography
import Testing

@Suite("SHA-256")
struct SHA256Tests {
    struct Vector: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let message: [UInt8]
        let digest: String

        init(_ name: String, message: [UInt8], digest: String) {
            testDescription = name
            self.message = message
            self.digest = digest
        }
    }

    /// The examples NIST publishes for FIPS 180-4.
    static let vectors = [
        Vector(
            "no bytes", message: [],
            digest: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        ),
        Vector(
            "one block", message: Array("abc".utf8),
            digest: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        ),
        Vector(
            "two blocks", message: Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8),
            digest: "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        Vector(
            "a million times the letter a", message: [UInt8](repeating: 0x61, count: 1_000_000),
            digest: "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ]

    @Test("gives the digests FIPS 180-4 states", arguments: vectors)
    func digest(_ vector: Vector) {
        #expect(Hex.encode(SHA256.digest(vector.message)) == vector.digest)
        #expect(Hex.encode(vector.message.withUnsafeBytes { SHA256.digest($0) }) == vector.digest)
    }

    @Test("digests a string as its UTF-8 bytes")
    func text() {
        #expect(SHA256.digest("Ромашка") == SHA256.digest(Array("Ромашка".utf8)))
    }
}
