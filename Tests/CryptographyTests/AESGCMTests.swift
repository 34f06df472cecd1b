import Testing

@testable import Cryptography

@Suite("AES-256-GCM")
struct AESGCMTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let key: String
        let nonce: String
        let plaintext: String
        var context = ""
        var ciphertext = ""
        let tag: String
    }

    /// NIST's gcmEncryptExtIV256, and cases 13 to 16 of the specification submitted to NIST.
    static let vectors: [Vector] = {
        let zero = String(repeating: "0", count: 64)
        let key = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
        let text =
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255"
        let cipher =
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"
        return [
            Vector(
                testDescription: "gcmEncryptExtIV256",
                key: "b52c505a37d78eda5dd34f20c22540ea1b58963cf8e5bf8ffa85f9f2492505b4",
                nonce: "516c33929df5a3284ff463d7", plaintext: "", tag: "bdc1ac884d332457a1d2664f168c76f0"),
            Vector(
                testDescription: "case 13", key: zero, nonce: String(zero.prefix(24)), plaintext: "",
                tag: "530f8afbc74536b9a963b4f1c4cb738b"),
            Vector(
                testDescription: "case 14", key: zero, nonce: String(zero.prefix(24)),
                plaintext: String(zero.prefix(32)),
                ciphertext: "cea7403d4d606b6e074ec5d3baf39d18", tag: "d0d1c8a799996bf0265b98b5d48ab919"),
            Vector(
                testDescription: "case 15", key: key, nonce: "cafebabefacedbaddecaf888", plaintext: text,
                ciphertext: cipher, tag: "b094dac5d93471bdec1a502270e3cc6c"),
            Vector(
                testDescription: "case 16", key: key, nonce: "cafebabefacedbaddecaf888",
                plaintext: String(text.dropLast(8)), context: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
                ciphertext: String(cipher.dropLast(8)), tag: "76fc6ece0f4e1768cddf8853bb2d551b"),
        ]
    }()

    @Test("gives the published ciphertexts and opens them", arguments: vectors)
    func published(_ vector: Vector) throws {
        func bytes(_ text: String) throws -> [UInt8] { text.isEmpty ? [] : try #require(Hex.decode(text)) }
        let cipher = try AESGCM(key: bytes(vector.key))
        let context = try bytes(vector.context)
        let sealed = try cipher.encrypt(bytes(vector.plaintext), nonce: bytes(vector.nonce), context: context)
        #expect(Hex.encode(sealed.ciphertext) == vector.ciphertext && Hex.encode(sealed.tag) == vector.tag)
        let opened = try cipher.open(bytes(vector.nonce) + sealed.ciphertext + sealed.tag, context: context)
        #expect(Hex.encode(opened) == vector.plaintext)
    }

    @Test("opens nothing of which a bit was changed, wherever it is")
    func tampered() throws {
        let cipher = try AESGCM(key: RandomBytes.generate(32))
        let sealed = try cipher.seal(Array("a client's secret".utf8), context: [1, 2])
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1
            #expect(throws: CryptographyError.unopenable) { try cipher.open(changed, context: [1, 2]) }
        }
        #expect(throws: CryptographyError.unopenable) { try cipher.open(sealed, context: [1, 3]) }
        #expect(throws: CryptographyError.unopenable) { try cipher.open(Array(sealed.dropLast()), context: [1, 2]) }
        #expect(throws: CryptographyError.unopenable) { try cipher.open([], context: [1, 2]) }
        let other = try AESGCM(key: RandomBytes.generate(32))
        #expect(throws: CryptographyError.unopenable) { try other.open(sealed, context: [1, 2]) }
    }

    @Test("seals the same text differently each time")
    func nonces() throws {
        let cipher = try AESGCM(key: RandomBytes.generate(32))
        let sealed = try (0..<100).map { _ in try cipher.seal([7], context: []) }
        #expect(Set(sealed).count == 100)
        #expect(try sealed.allSatisfy { try cipher.open($0, context: []) == [7] })
    }

    @Test("takes keys of 32 bytes only", arguments: [0, 16, 31, 33])
    func keys(count: Int) {
        #expect(throws: CryptographyError.invalidByteCount) { try AESGCM(key: Array(repeating: 0, count: count)) }
    }

    @Test("never shows its key")
    func description() throws {
        let cipher = try AESGCM(key: Array(repeating: 0x41, count: 32))
        #expect(!"\(cipher) \(String(reflecting: cipher))".contains("65"))
    }
}
