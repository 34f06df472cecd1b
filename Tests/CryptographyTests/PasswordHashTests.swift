import Cryptography
import Testing

@Suite("Password hashes")
struct PasswordHashTests {
    /// Computed by another implementation of scrypt for the password "correct horse".
    private static let foreign =
        "$scrypt$ln=4,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$Q7EcH175P/kcU7JE2HRU+qTRrq/BS6UbCRYPdBaC5y8"
    private static let salt = "AAECAwQFBgcICQoLDA0ODw"
    private static let hash = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

    private static var cheap: ScryptCost {
        get throws { try #require(ScryptCost(logarithm: 4, blockSize: 8, parallelization: 1)) }
    }

    @Test("a hash matches its password, and no other, after being stored as text")
    func roundTrip() throws {
        let password = try Password("пароль 🔑")
        let stored = try PasswordHash(hashing: password, cost: Self.cheap).text
        let hash = try PasswordHash(parsing: stored)
        #expect(hash.text == stored)
        #expect(stored.hasPrefix("$scrypt$ln=4,r=8,p=1$"))
        #expect(try hash.matches(password))
        #expect(try !hash.matches(Password("пароль 🔒")))
    }

    @Test("the standard cost is N = 2^15, r = 8, p = 3 and fits the memory limit")
    func standard() throws {
        let password = try Password("x")
        let hash = try PasswordHash(hashing: password)
        #expect(hash.text.hasPrefix("$scrypt$ln=15,r=8,p=3$"))
        #expect(try hash.matches(password))
        #expect(!hash.needsRehash())
    }

    @Test("two hashes of one password differ")
    func salted() throws {
        let password = try Password("x")
        #expect(
            try PasswordHash(hashing: password, cost: Self.cheap) != PasswordHash(hashing: password, cost: Self.cheap))
    }

    @Test("a hash of another implementation is verified with its own cost")
    func interoperability() throws {
        let hash = try PasswordHash(parsing: Self.foreign)
        #expect(try hash.matches(Password("correct horse")))
        #expect(try !hash.matches(Password("Correct horse")))
        #expect(hash.needsRehash())
        #expect(try !hash.needsRehash(for: Self.cheap))
    }

    @Test("a short salt or a short hash asks for a new hash")
    func rehash() throws {
        let shortSalt = try PasswordHash(parsing: "$scrypt$ln=15,r=8,p=3$AAECAwQFBgc$\(Self.hash)")
        let shortHash = try PasswordHash(parsing: "$scrypt$ln=15,r=8,p=3$\(Self.salt)$\(Self.salt)")
        #expect(shortSalt.needsRehash())
        #expect(shortHash.needsRehash())
    }

    @Test(
        "a string that is no scrypt PHC string within the bounds is refused",
        arguments: [
            "", "$", "$scrypt$ln=15,r=8,p=3", "scrypt$ln=15,r=8,p=3$\(salt)$\(hash)",
            "$scrypt$ln=15,r=8,p=3$\(salt)$\(hash)$", "$argon2id$ln=15,r=8,p=3$\(salt)$\(hash)",
            "$scrypt$ln=15,p=3,r=8$\(salt)$\(hash)", "$scrypt$ln=15,r=8$\(salt)$\(hash)",
            "$scrypt$ln=15,r=8,p=3,x=1$\(salt)$\(hash)", "$scrypt$ln=015,r=8,p=3$\(salt)$\(hash)",
            "$scrypt$ln=+15,r=8,p=3$\(salt)$\(hash)", "$scrypt$ln=-1,r=8,p=3$\(salt)$\(hash)",
            "$scrypt$ln=,r=8,p=3$\(salt)$\(hash)", "$scrypt$ln=1e1,r=8,p=3$\(salt)$\(hash)",
            "$scrypt$ln=30,r=8,p=3$\(salt)$\(hash)", "$scrypt$ln=15,r=8,p=9999999999999999999$\(salt)$\(hash)",
            "$scrypt$ln=15,r=8,p=3$\(salt)==$\(hash)", "$scrypt$ln=15,r=8,p=3$\(salt)$\(hash)=",
            "$scrypt$ln=15,r=8,p=3$AAAA$\(hash)", "$scrypt$ln=15,r=8,p=3$\(salt)$AAAA",
            "$scrypt$ln=15,r=8,p=3$\(salt)$\(hash.dropLast())9", "$scrypt$ln=15,r=8,p=3$$\(hash)",
            "$scrypt$ln=15,r=8,p=3$\(salt)$\(hash)\n",
            "$scrypt$ln=15,r=8,p=3$\(salt)$" + String(repeating: "A", count: 300),
        ]
    )
    func malformed(text: String) {
        #expect(throws: PasswordError.malformedHash) { try PasswordHash(parsing: text) }
    }

    @Test(
        "a password has 1 to 1,024 bytes",
        arguments: [(0, false), (1, true), (1_024, true), (1_025, false), (9_000, false)])
    func length(count: Int, isAllowed: Bool) {
        if isAllowed {
            #expect(throws: Never.self) { try Password(String(repeating: "x", count: count)) }
        } else {
            #expect(throws: PasswordError.invalidLength) { try Password(String(repeating: "x", count: count)) }
        }
    }

    @Test("a password typed with combining characters is the same password")
    func normalisation() throws {
        let hash = try PasswordHash(hashing: Password("caf\u{e9}"), cost: Self.cheap)
        #expect(try hash.matches(Password("cafe\u{301}")))
        #expect(throws: Never.self) { try Password(String(repeating: "e\u{301}", count: 512)) }
    }

    @Test("neither password nor hash is ever shown")
    func redaction() throws {
        let password = try Password("hunter22")
        let hash = try PasswordHash(parsing: "$scrypt$ln=15,r=8,p=3$\(Self.salt)$\(Self.hash)")
        var dumped = ""
        dump(password, to: &dumped)
        dump(hash, to: &dumped)
        for text in ["\(password)", String(reflecting: password), "\(hash)", dumped] {
            #expect(!text.contains("hunter22") && !text.contains("104") && !text.contains("AAEC"))
        }
    }
}
