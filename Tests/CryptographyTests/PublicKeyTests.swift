import Cryptography
import TestKit
import Testing

@Suite("PublicKey")
struct PublicKeyTests {
    private static let payload =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    private static let modulus =
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pC"
        + "gNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg6"
        + "65xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRW"
        + "yuXpoQ"

    @Test("verifies the RS256 example of RFC 7515, appendix A.2")
    func rsaExample() throws {
        let signature =
            "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CU"
            + "Ar7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_d"
            + "O--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0ig"
            + "cN_IoypGlUPQGe77Rw"
        let key = try PublicKey(rsaModulus: bytes(Self.modulus), exponent: [1, 0, 1])
        #expect(key.algorithm == .rs256)
        try expectOnly(key, bytes(signature), Array("eyJhbGciOiJSUzI1NiJ9.\(Self.payload)".utf8))
    }

    @Test("verifies the ES256 example of RFC 7515, appendix A.3")
    func ecdsaExample() throws {
        let key = try PublicKey(
            p256X: bytes("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
            y: bytes("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"))
        #expect(key.algorithm == .es256)
        let signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
        try expectOnly(key, bytes(signature), Array("eyJhbGciOiJFUzI1NiJ9.\(Self.payload)".utf8))
    }

    @Test("verifies what the openssl program signs, and nothing of another key")
    func foreignSignatures() throws {
        for _ in 0..<8 {
            let message = RandomBytes.generate(64)
            let signature = try SigningKey.p256.get().sign(message)
            let (x, y) = try SigningKey.p256.get().numbers()
            #expect(try PublicKey(p256X: x, y: y).isValid(signature, for: message))
        }
        let signature = try SigningKey.rsa.get().sign([1])
        let (other, exponent) = try SigningKey.otherRSA.get().numbers()
        #expect(try !PublicKey(rsaModulus: other, exponent: exponent).isValid(signature, for: [1]))
    }

    @Test("refuses signatures that are no two numbers, or zero")
    func crookedSignatures() throws {
        let (x, y) = try SigningKey.p256.get().numbers()
        let key = try PublicKey(p256X: x, y: y)
        let crooked: [[UInt8]] = [
            [], [0], Array(repeating: 0, count: 64), Array(repeating: 255, count: 64), Array(repeating: 1, count: 65),
        ]
        for signature in crooked {
            #expect(!key.isValid(signature, for: [1]))
        }
    }

    @Test("refuses keys that are too small, too large, no point of the curve or have a useless exponent")
    func refusedKeys() throws {
        let modulus = try bytes(Self.modulus)
        for exponent in [[], [0], [1], [2], [1, 0, 0], [1, 0, 0, 0, 1]] as [[UInt8]] {
            #expect(throws: CryptographyError.publicKeyInvalid) {
                try PublicKey(rsaModulus: modulus, exponent: exponent)
            }
        }
        let moduli: [[UInt8]] = [
            [], Array(modulus.prefix(128)), Array(repeating: 0xFF, count: 1025), [0] + modulus.prefix(255),
        ]
        for modulus in moduli {
            #expect(throws: CryptographyError.publicKeyInvalid) { try PublicKey(rsaModulus: modulus, exponent: [3]) }
        }
        let (x, y) = try SigningKey.p256.get().numbers()
        let zero = [UInt8](repeating: 0, count: 32)
        let points: [([UInt8], [UInt8])] = [(y, x), ([], y), (zero, zero), ([0] + x, y)]
        for (x, y) in points {
            #expect(throws: CryptographyError.publicKeyInvalid) { try PublicKey(p256X: x, y: y) }
        }
    }

    private func bytes(_ text: String) throws -> [UInt8] { try #require(Base64URL.decode(text)) }

    /// The signature fits, and ceases to when a bit of it or of the message is changed.
    private func expectOnly(_ key: PublicKey, _ signature: [UInt8], _ message: [UInt8]) throws {
        #expect(key.isValid(signature, for: message))
        for index in [0, signature.count / 2, signature.count - 1] {
            var changed = signature
            changed[index] ^= 1
            #expect(!key.isValid(changed, for: message))
        }
        #expect(!key.isValid(signature, for: message + [0]))
        #expect(!key.isValid(Array(signature.dropLast()), for: message))
    }
}
