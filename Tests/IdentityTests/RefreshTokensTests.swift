import Cryptography
import PluginKit
import Testing

@testable import Identity

@Suite("RefreshTokens")
struct RefreshTokensTests {
    private let tokens: RefreshTokens
    private let claims = RefreshTokens.Claims(tenant: .make(), session: .make(), counter: 3)

    init() throws {
        tokens = RefreshTokens(master: try MasterSecret(bytes: Array(repeating: 1, count: 32)))
    }

    private var token: String {
        tokens.make(tenant: claims.tenant, session: claims.session, counter: claims.counter)
    }

    @Test("A token says again what it was made of, and is the same each time")
    func roundTrip() {
        #expect(tokens.verify(token) == claims)
        #expect(token.hasPrefix("rmr_") && token.utf8.count <= 256)
    }

    @Test("Another installation refuses it")
    func foreign() {
        #expect(RefreshTokens(master: .generate()).verify(token) == nil)
    }

    @Test("No changed character gives another claim")
    func tampering() {
        let characters = Array(token)
        for index in characters.indices {
            for replacement: Character in ["0", "A", "_", "ä"] where characters[index] != replacement {
                var changed = characters
                changed[index] = replacement
                // The case of a hexadecimal digit says nothing, so that the claims may be the same.
                let read = tokens.verify(String(changed))
                #expect(read == nil || read == claims, "character \(index)")
            }
        }
    }

    @Test("The parts of two tokens do not mix")
    func mixing() {
        let other = tokens.make(tenant: .make(), session: .make(), counter: 4)
        let (mine, theirs) = (token.split(separator: "_"), other.split(separator: "_"))
        for index in 1...3 {
            var mixed = mine
            mixed[index] = theirs[index]
            #expect(tokens.verify(mixed.joined(separator: "_")) == nil)
        }
    }

    @Test("What is no token is none", arguments: ["", "rmr", "rmr_", "rmr____", String(repeating: "r", count: 257)])
    func garbage(text: String) {
        #expect(tokens.verify(text) == nil)
    }
}
