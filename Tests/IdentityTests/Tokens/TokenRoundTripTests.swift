import Cryptography
import Foundation
import Identity
import Testing

@Suite("Access tokens, issued and verified")
struct TokenRoundTripTests {
    private let subject = UUID()
    private let tenant = UUID()
    private let session = UUID()

    private func token(_ issuer: TokenIssuer, now: Date = TokenForge.now) throws -> String {
        try issuer.issue(
            audience: .api, subject: subject, tenant: tenant, session: session, role: "agent", now: now
        )
    }

    private func key(_ name: String, of master: MasterSecret, notAfter: Date = .distantFuture) throws -> TokenKey {
        try TokenKey(id: TokenKeyID(name), derivedFrom: master, notAfter: notAfter)
    }

    @Test("say what they were issued for")
    func roundTrip() throws {
        let issuer = TokenIssuer(issuer: TokenForge.issuer, keys: try TokenForge.keys())
        let verified = try TokenForge.verifier().verify(token(issuer), audience: .api, now: TokenForge.now)
        #expect(verified.issuer == TokenForge.issuer)
        #expect(verified.audience == .api)
        #expect(verified.subject == subject)
        #expect(verified.tenant == tenant)
        #expect(verified.session == session)
        #expect(verified.role == "agent")
        #expect(verified.issuedAt == TokenForge.now)
        #expect(verified.notBefore == TokenForge.now)
        #expect(verified.expiresAt == TokenForge.now.addingTimeInterval(600))
    }

    @Test("name no tenant when they are the operator's")
    func operatorToken() throws {
        let issuer = TokenIssuer(issuer: TokenForge.issuer, keys: try TokenForge.keys())
        let text = try issuer.issue(
            audience: .operator, subject: subject, tenant: nil, session: session, role: "operator", now: TokenForge.now
        )
        #expect(try TokenForge.verifier().verify(text, audience: .operator, now: TokenForge.now).tenant == nil)
        #expect(try TokenForge.refusal(of: text) == .audienceRefused)
    }

    @Test("made by hand are accepted, so that a refusal means what it says")
    func forge() throws {
        #expect(try TokenForge.refusal(of: TokenForge.token()) == nil)
        #expect(try TokenForge.refusal(of: TokenForge.token(claims: ["later": "1"])) == nil)
    }

    @Test("are never issued twice alike")
    func uniqueness() throws {
        let issuer = TokenIssuer(issuer: TokenForge.issuer, keys: try TokenForge.keys())
        #expect(try token(issuer) != token(issuer))
    }

    @Test("of the old and the new key are both valid while keys rotate, and then only of the new")
    func rotation() throws {
        let master = MasterSecret.generate()
        let end = TokenForge.now.addingTimeInterval(600)
        let old = try key("2026-09", of: master, notAfter: end)
        let new = try key("2026-10", of: master)
        let before = try token(TokenIssuer(issuer: TokenForge.issuer, keys: TokenKeySet([old], active: old.id)))
        let both = try TokenKeySet([old, new], active: new.id)
        let after = try token(TokenIssuer(issuer: TokenForge.issuer, keys: both))

        let overlapping = TokenVerifier(issuer: TokenForge.issuer, keys: both)
        #expect(throws: Never.self) { try overlapping.verify(before, audience: .api, now: TokenForge.now) }
        #expect(throws: Never.self) { try overlapping.verify(after, audience: .api, now: TokenForge.now) }
        #expect(throws: TokenError.keyInactive) { try overlapping.verify(before, audience: .api, now: end) }

        let rotated = TokenVerifier(issuer: TokenForge.issuer, keys: try TokenKeySet([new], active: new.id))
        #expect(throws: TokenError.keyUnknown) { try rotated.verify(before, audience: .api, now: TokenForge.now) }
    }

    @Test("end with the key that signed them")
    func keyEnd() throws {
        let key = try key("k", of: .generate(), notAfter: TokenForge.now.addingTimeInterval(60))
        let keys = try TokenKeySet([key], active: key.id)
        let text = try token(TokenIssuer(issuer: TokenForge.issuer, keys: keys))
        let verifier = TokenVerifier(issuer: TokenForge.issuer, keys: keys)
        let verified = try verifier.verify(text, audience: .api, now: TokenForge.now)
        #expect(verified.expiresAt == key.notAfter)
        #expect(throws: TokenError.keyInactive) { try verifier.verify(text, audience: .api, now: key.notAfter) }
        #expect(throws: TokenError.keyInactive) {
            try token(TokenIssuer(issuer: TokenForge.issuer, keys: keys), now: key.notAfter)
        }
    }

    @Test("are signed with keys that differ by name and by master secret")
    func derivation() throws {
        let master = MasterSecret.generate()
        for other in [try key("a", of: .generate()), try key("b", of: master)] {
            let mine = try key("a", of: master)
            let text = try token(TokenIssuer(issuer: TokenForge.issuer, keys: TokenKeySet([mine], active: mine.id)))
            let verifier = TokenVerifier(issuer: TokenForge.issuer, keys: try TokenKeySet([other], active: other.id))
            #expect(throws: TokenError.self) { try verifier.verify(text, audience: .api, now: TokenForge.now) }
        }
    }

    @Test("are not issued with claims our own verifier would refuse", arguments: ["", "Agent", "агент", "a\"b", "a b"])
    func badRole(role: String) throws {
        let issuer = TokenIssuer(issuer: TokenForge.issuer, keys: try TokenForge.keys())
        #expect(throws: TokenError.claimsInvalid) {
            try issuer.issue(
                audience: .api, subject: subject, tenant: tenant, session: session, role: role, now: TokenForge.now
            )
        }
    }

    @Test("are not issued for a tenant to the operator, nor without one to others")
    func tenantRule() throws {
        let issuer = TokenIssuer(issuer: TokenForge.issuer, keys: try TokenForge.keys())
        for (audience, tenant) in [(TokenAudience.api, nil), (.operator, tenant)] {
            #expect(throws: TokenError.claimsInvalid) {
                try issuer.issue(
                    audience: audience, subject: subject, tenant: tenant, session: session, role: "r",
                    now: TokenForge.now
                )
            }
        }
    }
}
