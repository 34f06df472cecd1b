import Cryptography
import PluginKit
import Testing

@testable import Identity

@Suite("SignInSecrets")
struct SignInSecretsTests {
    private let secrets = SignInSecrets(master: .generate())
    private let browser = SignInSecrets.browserSecret()

    @Test("a state comes back as it was, for either purpose")
    func roundTrip() throws {
        for purpose in [.logIn, .link(ProfileID.make(), LoginSessionID.make())] as [SignInState.Purpose] {
            let state = secrets.begin(purpose, tenant: .make(), connection: .make(), browser: browser)
            let known = try #require(secrets.verify(secrets.sign(state), browser: browser))
            #expect(known.id == state.id && known.tenant == state.tenant && known.connection == state.connection)
            #expect(known.purpose == purpose && known.expiry.seconds == state.expiry.seconds)
        }
    }

    @Test("a state holds for ten minutes")
    func expiry() {
        let state = secrets.begin(.logIn, tenant: .make(), connection: .make(), browser: browser)
        let text = secrets.sign(state)
        let now = Timestamp.now()
        #expect(secrets.verify(text, browser: browser, now: now.advanced(by: .seconds(590))) != nil)
        #expect(secrets.verify(text, browser: browser, now: now.advanced(by: .seconds(601))) == nil)
    }

    @Test("a state of another browser, another installation or another hand is none")
    func foreign() {
        let state = secrets.begin(.logIn, tenant: .make(), connection: .make(), browser: browser)
        let text = secrets.sign(state)
        #expect(secrets.verify(text, browser: nil) == nil)
        #expect(secrets.verify(text, browser: "") == nil)
        #expect(secrets.verify(text, browser: SignInSecrets.browserSecret()) == nil)
        #expect(SignInSecrets(master: .generate()).verify(text, browser: browser) == nil)
        for changed in [nil, "", "e30", String(text.dropLast()), text + "A", text + "AAAA", String(text.dropFirst(4))] {
            #expect(secrets.verify(changed, browser: browser) == nil)
        }
        var bytes = Base64URL.decode(text) ?? []
        for index in bytes.indices {
            bytes[index] ^= 1
            #expect(secrets.verify(Base64URL.encode(bytes), browser: browser) == nil)
            bytes[index] ^= 1
        }
    }

    @Test("nonce and verifier differ between states, browsers and each other, and are long enough")
    func derived() {
        let states = (0..<2).map { _ in secrets.begin(.logIn, tenant: .make(), connection: .make(), browser: browser) }
        let browsers = [browser, SignInSecrets.browserSecret()]
        let values = states.flatMap { state in
            browsers.flatMap { [secrets.nonce(of: state, browser: $0), secrets.verifier(of: state, browser: $0)] }
        }
        #expect(Set(values).count == 8)
        // RFC 7636 §4.1 wants 43 characters at least.
        #expect(values.allSatisfy { $0.utf8.count == 43 })
    }

    @Test("the challenge is that of RFC 7636, appendix B")
    func challenge() {
        #expect(
            SignInSecrets.challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
                == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
    }
}
