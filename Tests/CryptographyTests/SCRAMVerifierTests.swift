import Testing

@testable import Cryptography

@Suite("SCRAM verifier")
struct SCRAMVerifierTests {
    private static let salt: [UInt8] = [
        0x5b, 0x6d, 0x99, 0x68, 0x9d, 0x12, 0x35, 0x8e, 0xec, 0xa0, 0x4b, 0x14, 0x12, 0x36, 0xfa, 0x81,
    ]

    @Test("the exchange of RFC 7677 §3 is proved by its keys")
    func exchange() throws {
        let verifier = SCRAMVerifier(password: "pencil", salt: Self.salt, iterations: 4096)
        let said = [
            "n=user,r=rOprNGfwEbeRWgbNEkqO",
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
        ].joined(separator: ",")
        let signature = HMACSHA256(key: verifier.serverKey).authenticate(said)
        #expect(Base64Codec.standard.encode(signature) == "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4")
        // The client's proof is its key, hidden by what only the holder of the stored key can compute.
        let proof = Array("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ".utf8)
            .withUnsafeBufferPointer(Base64Codec.standard.decode)
        let key = zip(try #require(proof), HMACSHA256(key: verifier.storedKey).authenticate(said)).map { $0 ^ $1 }
        #expect(SHA256.digest(key) == verifier.storedKey)
    }

    @Test("it is written as PostgreSQL reads it, without the password, and with another salt each time")
    func text() {
        let verifiers = [SCRAMVerifier(randomKey: "topsecret"), SCRAMVerifier(randomKey: "topsecret")].map(
            \.description)
        for verifier in verifiers {
            #expect(
                verifier.wholeMatch(
                    of: /SCRAM-SHA-256\$1:[A-Za-z0-9+\/]{22}==(\$|:)[A-Za-z0-9+\/]{43}=:[A-Za-z0-9+\/]{43}=/) != nil)
            #expect(!verifier.contains("topsecret"))
        }
        #expect(verifiers[0] != verifiers[1])
    }
}
