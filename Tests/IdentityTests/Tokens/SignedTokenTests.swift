import Foundation
import Testing

@testable import Identity

@Suite("The library's signature check, as we call it")
struct SignedTokenTests {
    @Test("refuses a right signature of our key by another algorithm, even were the header never read")
    func algorithm() throws {
        let key = try TokenForge.keys().active
        let errors = ForeignTokens.all.map { foreign -> TokenError? in
            do throws(TokenError) {
                try SignedToken.verify(foreign.token, key: key)
                return nil
            } catch {
                return error
            }
        }
        // The library itself accepts the first two, HS384 and HS512.
        #expect(
            errors == [.algorithmRefused, .algorithmRefused, .signatureInvalid, .signatureInvalid, .signatureInvalid])
    }

    @Test("accepts an honest token and refuses an altered one")
    func signature() throws {
        let key = try TokenForge.keys().active
        let token = TokenForge.token()
        #expect(throws: Never.self) { try SignedToken.verify(token, key: key) }
        #expect(throws: TokenError.signatureInvalid) { try SignedToken.verify("x" + token, key: key) }
        #expect(throws: TokenError.signatureInvalid) { try SignedToken.verify("", key: key) }
    }
}
