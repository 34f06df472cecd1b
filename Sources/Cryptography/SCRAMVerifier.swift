/// What PostgreSQL keeps of a role's password, by which either side proves to the other that it knows it
/// (SCRAM-SHA-256: RFC 5802 §3, RFC 7677). The server never sees the password itself.
package struct SCRAMVerifier: Sendable, CustomStringConvertible {
    private static let saltByteCount = 16

    /// By which the server knows a client.
    let storedKey: [UInt8]
    /// By which a client knows the server.
    let serverKey: [UInt8]
    /// As `ALTER ROLE … PASSWORD` takes it: letters, digits and `+/=$:-`.
    package let description: String

    /// The verifier of a random key, which is stretched no further: nobody can guess 256 bits, and every connection would
    /// pay for each turn, 4096 of them with some 12 ms.
    package init(randomKey key: String) {
        self.init(password: key, salt: RandomBytes.generate(Self.saltByteCount), iterations: 1)
    }

    /// - Parameters:
    ///   - password: ASCII, which SASLprep leaves as it is.
    ///   - iterations: from 1.
    init(password: String, salt: [UInt8], iterations: Int) {
        let stretch = HMACSHA256(key: Array(password.utf8))
        var turn = stretch.authenticate(salt + [0, 0, 0, 1])
        var salted = turn
        for _ in 1..<iterations {
            turn = stretch.authenticate(turn)
            for index in salted.indices { salted[index] ^= turn[index] }
        }
        let keys = HMACSHA256(key: salted)
        storedKey = SHA256.digest(keys.authenticate("Client Key"))
        serverKey = keys.authenticate("Server Key")
        let (salt, stored, server) = (Self.base64(salt), Self.base64(storedKey), Self.base64(serverKey))
        description = "SCRAM-SHA-256$\(iterations):\(salt)$\(stored):\(server)"
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        Base64Codec.standard.encode(bytes) + String(repeating: "=", count: (3 - bytes.count % 3) % 3)
    }
}
