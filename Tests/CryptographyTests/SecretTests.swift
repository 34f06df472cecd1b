import Cryptography
import Testing

@Suite("Secrets")
struct SecretTests {
    private static let hex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

    @Test("a master secret is read from hexadecimal in either case and from base64url")
    func parsing() throws {
        let bytes = Array(UInt8(0)...31)
        let expected = try MasterSecret(bytes: bytes).derive("purpose")
        #expect(try MasterSecret(parsing: Self.hex).derive("purpose") == expected)
        #expect(try MasterSecret(parsing: Self.hex.uppercased()).derive("purpose") == expected)
        #expect(try MasterSecret(parsing: Base64URL.encode(bytes)).derive("purpose") == expected)
    }

    @Test(
        "a master secret that is no text of bytes is refused",
        arguments: [
            String(hex.dropLast(2)) + "=", hex + "\n", " " + hex,
            Base64URL.encode([UInt8](repeating: 9, count: 32)) + "=",
            String(repeating: "A", count: 1_028), "correct horse battery staple",
        ]
    )
    func malformed(text: String) {
        #expect(throws: CryptographyError.malformedSecret) { try MasterSecret(parsing: text) }
    }

    @Test("a master secret of fewer than 32 bytes is refused", arguments: [0, 1, 16, 31])
    func tooShort(count: Int) {
        let bytes = [UInt8](repeating: 9, count: count)
        #expect(throws: CryptographyError.secretTooShort) { try MasterSecret(bytes: bytes) }
        #expect(throws: CryptographyError.secretTooShort) { try MasterSecret(parsing: Base64URL.encode(bytes)) }
    }

    @Test("what a master secret reveals is read back", arguments: [32, 33, 47, 48, 64])
    func reveal(count: Int) throws {
        let secret = try MasterSecret(bytes: RandomBytes.generate(count))
        #expect(try MasterSecret(parsing: secret.reveal()).derive("x") == secret.derive("x"))
    }

    @Test("keys for different purposes, and of different secrets, differ")
    func independence() {
        let secret = MasterSecret.generate()
        #expect(secret.derive("a") == secret.derive("a"))
        #expect(secret.derive("a") != secret.derive("b"))
        #expect(secret.derive("a") != MasterSecret.generate().derive("a"))
        #expect(secret.derive("a").count == 32)
    }

    @Test("a derived key is HKDF without salt")
    func derivation() throws {
        let secret = try MasterSecret(parsing: Self.hex)
        let expected = try HKDF.derive(from: Array(0...31), info: Array("session".utf8), count: 32)
        #expect(secret.derive("session") == expected)
    }

    @Test("a master secret is never shown")
    func redaction() throws {
        let secret = try MasterSecret(parsing: Self.hex)
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), dumped] {
            #expect(text.contains("redacted") && !text.contains("31"))
        }
    }

    @Test("random bytes come in the number asked for and don't repeat", arguments: [0, 1, 16, 32, 1_000])
    func random(count: Int) {
        #expect(RandomBytes.generate(count).count == count)
        if count >= 16 { #expect(RandomBytes.generate(count) != RandomBytes.generate(count)) }
    }

    @Test("random bytes of a negative number are none")
    func negative() {
        #expect(RandomBytes.generate(-1).isEmpty)
    }

    @Test("constant-time comparison agrees with plain comparison")
    func comparison() {
        #expect(ConstantTime.equal([], []))
        #expect(ConstantTime.equal([1, 2], [1, 2]))
        #expect(!ConstantTime.equal([1, 2], [1, 3]))
        #expect(!ConstantTime.equal([1, 2], [1]))
        #expect(!ConstantTime.equal([], [0]))
    }
}
