import Cryptography
import Foundation
import Identity
import Testing

@Suite("Token keys")
struct TokenKeyTests {
    @Test("of fewer than 32 bytes don't exist, least of all empty ones", arguments: [0, 1, 16, 31])
    func length(count: Int) throws {
        let id = try TokenKeyID("k1")
        #expect(throws: TokenError.keyUnfit) { try TokenKey(id: id, secret: [UInt8](repeating: 1, count: count)) }
    }

    @Test("are never PEM text, which might be a public key")
    func pem() throws {
        let id = try TokenKeyID("k1")
        #expect(throws: TokenError.keyUnfit) { try TokenKey(id: id, secret: Array(ForeignTokens.publicKey.utf8)) }
    }

    @Test("come in sets that are not empty, repeat no name and hold the active key")
    func sets() throws {
        let first = try TokenKey(id: TokenKeyID("a"), derivedFrom: .generate())
        let twin = try TokenKey(id: TokenKeyID("a"), derivedFrom: .generate())
        let other = try TokenKeyID("b")
        #expect(throws: TokenError.keySetInvalid) { try TokenKeySet([], active: other) }
        #expect(throws: TokenError.keySetInvalid) { try TokenKeySet([first, twin], active: first.id) }
        #expect(throws: TokenError.keySetInvalid) { try TokenKeySet([first], active: other) }
        #expect(try TokenKeySet([first], active: first.id).active.id == first.id)
    }

    @Test(
        "have names that are no path and need no quoting",
        arguments: [
            "", ".", "..", "../k1", "/dev/null", "a/b", "a b", "k1\n", "k\0", "к1", "-k", "a'b", "a\"b",
            String(repeating: "k", count: 65),
        ]
    )
    func names(name: String) {
        #expect(throws: TokenError.keyNameInvalid) { try TokenKeyID(name) }
    }

    @Test("are never shown")
    func redaction() throws {
        let key = try TokenKey(id: TokenKeyID("k1"), secret: [UInt8](repeating: 177, count: 32))
        var dumped = ""
        dump(key, to: &dumped)
        #expect("\(key)" == "TokenKey(k1, redacted)")
        #expect(!dumped.contains("177"))
    }
}
