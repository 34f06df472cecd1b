import Cryptography
import Foundation
import PluginKit
import TestKit
import Testing

/// Tokens that a provider, or somebody in its place, should not get through with.
@Suite("Provider sign-in: tokens")
struct ProviderSignInTokenTests {
    private struct Attack: Sendable {
        let name: String
        let forge: @Sendable (inout FakeProvider.Forgery) throws -> Void

        init(_ name: String, _ forge: @escaping @Sendable (inout FakeProvider.Forgery) throws -> Void) {
            self.name = name
            self.forge = forge
        }
    }

    private static let claims: [Attack] = [
        Attack("another nonce") { $0.claims = ["nonce": "bm9uY2U"] },
        Attack("no nonce") { $0.claims = ["nonce": JSONValue?.none] },
        Attack("a nonce that is a number") { $0.claims = ["nonce": 1] },
        Attack("another audience") { $0.claims = ["aud": "somebody-else"] },
        Attack("no audience") { $0.claims = ["aud": JSONValue?.none] },
        Attack("an empty list of audiences") { $0.claims = ["aud": []] },
        Attack("two audiences and no party") { $0.claims = ["aud": ["romashka", "somebody-else"]] },
        Attack("two audiences and another party") {
            $0.claims = ["aud": ["romashka", "somebody-else"], "azp": "somebody-else"]
        },
        Attack("another party") { $0.claims = ["azp": "somebody-else"] },
        Attack("another issuer") { $0.claims = ["iss": "https://login.example"] },
        Attack("no issuer") { $0.claims = ["iss": JSONValue?.none] },
        Attack("expired") { $0.claims = ["exp": .integer(Int64(Date().timeIntervalSince1970) - 60)] },
        Attack("no expiry") { $0.claims = ["exp": JSONValue?.none] },
        Attack("an expiry that is text") { $0.claims = ["exp": "9999999999"] },
        Attack("issued in the future") { $0.claims = ["iat": .integer(Int64(Date().timeIntervalSince1970) + 300)] },
        Attack("not issued at any time") { $0.claims = ["iat": JSONValue?.none] },
        Attack("not yet valid") { $0.claims = ["nbf": .integer(Int64(Date().timeIntervalSince1970) + 300)] },
        Attack("no subject") { $0.claims = ["sub": JSONValue?.none] },
        Attack("an empty subject") { $0.claims = ["sub": ""] },
        Attack("a subject that looks like another") { $0.claims = ["sub": "ad\u{430}"] },
        Attack("an endless subject") { $0.claims = ["sub": .string(String(repeating: "a", count: 256))] },
    ]

    private static let signatures: [Attack] = [
        Attack("none") {
            $0.header = ["alg": "none"]
            $0.sign = { _ in [] }
        },
        Attack("none in capitals, with a signature") { $0.header = ["alg": "NONE"] },
        Attack("HS256 with the public key as text") {
            let key = Array(try SigningKey.rsa.get().publicPEM.utf8)
            $0.header = ["alg": "HS256"]
            $0.sign = { HMACSHA256.authenticate($0, key: key) }
        },
        Attack("HS256 with the modulus") {
            let key = try SigningKey.rsa.get().numbers().0
            $0.header = ["alg": "HS256"]
            $0.sign = { HMACSHA256.authenticate($0, key: key) }
        },
        Attack("HS256 with an empty key") {
            $0.header = ["alg": "HS256"]
            $0.sign = { HMACSHA256.authenticate($0, key: []) }
        },
        Attack("ES256 under the name of an RSA key") { $0.header = ["alg": "ES256"] },
        Attack("RS512") { $0.header = ["alg": "RS512"] },
        Attack("no algorithm") { $0.header = ["alg": JSONValue?.none] },
        Attack("a key of somebody else under the right name") {
            $0.signer = try SigningKey.otherRSA.get()
            $0.header = ["kid": "rsa-1"]
        },
        Attack("a key of somebody else under its own name") { $0.signer = try SigningKey.otherRSA.get() },
        Attack("a key in the header") {
            $0.signer = try SigningKey.otherRSA.get()
            $0.header = ["jwk": try JSONParser.parse(Array(try SigningKey.otherRSA.get().jwk().utf8))]
        },
        Attack("an extension that must be understood") { $0.header = ["crit": ["exp"]] },
        Attack("an access token") { $0.header = ["typ": "at+jwt"] },
        Attack("a wrong signature") { $0.sign = { _ in RandomBytes.generate(256) } },
        Attack("no signature") { $0.sign = { _ in [] } },
    ]

    @Test("a token that does not say what it must is refused, whoever it is about")
    func claims() async throws { try await expectRefused(Self.claims) }

    @Test("a token that is not signed as it must be is refused, whatever it says")
    func signatures() async throws { try await expectRefused(Self.signatures) }

    @Test("audiences in a list, a party and fractions of seconds are taken")
    func allowed() async throws {
        try await FakeProvider.with { provider in
            try await TestPlatform.with { test in
                let tenant = try await test.tenant("acme")
                let connection = try await test.connect(tenant, provider, provisioning: "create")
                provider.forge {
                    $0.header = ["typ": JSONValue?.none, "x5t": "abc"]
                    $0.claims = [
                        "aud": ["somebody-else", "romashka"], "azp": "romashka",
                        "exp": .number(Date().timeIntervalSince1970 + 60.5),
                    ]
                }
                var browser = SignInBrowser(test, provider)
                let answer = try await browser.logIn(connection, as: "ada")
                #expect(answer.status == 200)
            }
        }
    }

    @Test("keys that were exchanged are found at once, and unknown ones do not make us ask without end")
    func rotation() async throws {
        try await FakeProvider.with { provider in
            try await TestPlatform.with { test in
                let tenant = try await test.tenant("acme")
                let connection = try await test.connect(tenant, provider, provisioning: "create")
                var browser = SignInBrowser(test, provider)
                for _ in 0..<3 {
                    let answer = try await browser.logIn(connection, as: "ada")
                    #expect(answer.status == 200)
                }
                #expect(provider.keyRequests == 1)
                provider.rotate(to: [try SigningKey.p256.get()])
                let rotated = try await browser.logIn(connection, as: "ada")
                #expect(rotated.status == 200 && provider.keyRequests == 2)
                let otherRSA = try SigningKey.otherRSA.get()
                provider.forge { $0.signer = otherRSA }
                for _ in 0..<12 {
                    let answer = try await browser.logIn(connection, as: "ada")
                    #expect(answer.status == 401)
                }
                #expect(provider.keyRequests == 6)
                provider.forge()
                let answer = try await browser.logIn(connection, as: "ada")
                #expect(answer.status == 200)
            }
        }
    }

    /// None of the attacks leads to a session or a new member, and each time an honest token does afterwards.
    private func expectRefused(_ attacks: [Attack]) async throws {
        try await FakeProvider.with { provider in
            try await TestPlatform.with { test in
                let tenant = try await test.tenant("acme")
                let connection = try await test.connect(tenant, provider, provisioning: "create")
                var browser = SignInBrowser(test, provider)
                for attack in attacks {
                    var forgery = FakeProvider.Forgery()
                    try attack.forge(&forgery)
                    provider.forge { [forgery] in $0 = forgery }
                    let answer = try await browser.logIn(connection, as: "ada")
                    #expect(answer.status == 401 && answer.code == "sign_in_refused", "\(attack.name): \(answer.text)")
                }
                let members = try await browser.client.send("GET", "/v1/members", token: tenant.token)
                #expect(members.json["data"]?.array?.count == 1)
                provider.forge()
                let honest = try await browser.logIn(connection, as: "ada")
                #expect(honest.status == 200)
            }
        }
    }
}
