import Cryptography
import Foundation
import PluginKit
import Synchronization
import TestKit

/// A small OpenID provider on a loopback port, which checks what an honest one checks and lies where a test says so.
final class FakeProvider: Sendable {
    /// What a token's header and claims are changed to, and how it is made of them.
    struct Forgery: Sendable {
        /// Members of the header, replaced or with nil removed.
        var header: [String: JSONValue?] = [:]
        /// Claims, replaced or with nil removed.
        var claims: [String: JSONValue?] = [:]
        /// Makes the signature instead of the key.
        var sign: (@Sendable ([UInt8]) throws -> [UInt8])?
        /// Who signs instead of the published key.
        var signer: SigningKey?
    }

    private struct Grant {
        let subject: String
        let nonce: String
        let challenge: String
        let redirect: String
    }

    private struct State {
        var issuer = ""
        var keys: [SigningKey] = []
        var forgery = Forgery()
        var grants: [String: Grant] = [:]
        var documents: [String: StubServer.Answer] = [:]
        var keyRequests = 0
        var refusals: [String] = []
    }

    static let clientID = "romashka"
    static let clientSecret = "the secret: of/this client"

    private let state = Mutex(State())

    /// Who it is.
    var issuer: String { state.withLock { $0.issuer } }
    /// How often its keys were asked for.
    var keyRequests: Int { state.withLock { $0.keyRequests } }
    /// What it found wrong in requests for tokens.
    var refusals: [String] { state.withLock { $0.refusals } }

    /// Serves for the time of `body`, with keys of which the first signs.
    static func with<Value: Sendable>(
        keys: [SigningKey]? = nil, _ body: @Sendable (FakeProvider) async throws -> Value
    ) async throws -> Value {
        let provider = FakeProvider()
        let keys = try keys ?? [SigningKey.rsa.get()]
        return try await StubServer.with(answering: { await provider.answer($0) }) { server in
            provider.state.withLock {
                $0.issuer = server.url
                $0.keys = keys
            }
            return try await body(provider)
        }
    }

    /// Lies in the tokens that follow.
    func forge(_ change: (inout Forgery) -> Void = { _ in }) {
        var forgery = Forgery()
        change(&forgery)
        state.withLock { [forgery] in $0.forgery = forgery }
    }

    /// Publishes other keys.
    func rotate(to keys: [SigningKey]) { state.withLock { $0.keys = keys } }

    /// Answers a path with something else.
    func put(_ path: String, _ answer: StubServer.Answer?) { state.withLock { $0.documents[path] = answer } }

    /// Lets a person sign in where a browser was sent to.
    ///
    /// - Returns: what the browser brings back.
    func authorize(_ location: String, as subject: String) throws -> (code: String, state: String) {
        let items = URLComponents(string: location)?.queryItems ?? []
        func value(_ name: String) throws -> String {
            guard let value = items.first(where: { $0.name == name })?.value else { throw Refused(reason: name) }
            return value
        }
        guard location.hasPrefix("\(issuer)/authorize?"), try value("response_type") == "code",
            try value("client_id") == FakeProvider.clientID, try value("code_challenge_method") == "S256",
            try value("scope").split(separator: " ").contains("openid")
        else { throw Refused(reason: location) }
        let code = Base64URL.encode(RandomBytes.generate(16))
        let grant = Grant(
            subject: subject, nonce: try value("nonce"), challenge: try value("code_challenge"),
            redirect: try value("redirect_uri"))
        state.withLock { $0.grants[code] = grant }
        return (code, try value("state"))
    }

    struct Refused: Error {
        let reason: String
    }

    private func answer(_ question: StubServer.Question) async -> StubServer.Answer {
        if let answer = state.withLock({ $0.documents[question.path] }) { return answer }
        do {
            switch question.path {
            case "/.well-known/openid-configuration": return .json(configuration())
            case "/jwks":
                let keys = state.withLock { state in
                    state.keyRequests += 1
                    return state.keys
                }
                return .json(#"{"keys":[\#(try keys.map { try $0.jwk() }.joined(separator: ","))]}"#)
            case "/token": return .json(try token(question))
            default: return .json("{}", status: 404)
            }
        } catch {
            state.withLock { $0.refusals.append("\(error)") }
            return .json(#"{"error":"invalid_grant"}"#, status: 400)
        }
    }

    /// Its own description, with some members replaced.
    func configuration(_ changes: [String: String] = [:]) -> String {
        let issuer = issuer
        let members = [
            "issuer": issuer, "authorization_endpoint": "\(issuer)/authorize", "token_endpoint": "\(issuer)/token",
            "jwks_uri": "\(issuer)/jwks",
        ].merging(changes) { $1 }
        return "{" + members.map { "\"\($0)\":\"\($1)\"" }.sorted().joined(separator: ",") + "}"
    }

    /// Redeems a code as RFC 6749 §4.1.3 and RFC 7636 §4.6 want it checked.
    private func token(_ question: StubServer.Question) throws -> String {
        let form = URLComponents(string: "?" + String(decoding: question.body, as: UTF8.self))?.queryItems ?? []
        func value(_ name: String) -> String { form.first { $0.name == name }?.value ?? "" }
        let grant = state.withLock { $0.grants.removeValue(forKey: value("code")) }
        guard question.method == "POST", value("grant_type") == "authorization_code", let grant else {
            throw Refused(reason: "code")
        }
        guard value("redirect_uri") == grant.redirect else { throw Refused(reason: "redirect") }
        guard Base64URL.encode(SHA256.digest(value("code_verifier"))) == grant.challenge else {
            throw Refused(reason: "verifier")
        }
        let pair = "\(FakeProvider.clientID):the%20secret%3A%20of%2Fthis%20client"
        guard question.headers["authorization"] == "Basic \(Data(pair.utf8).base64EncodedString())" else {
            throw Refused(reason: "client")
        }
        return #"{"access_token":"x","token_type":"Bearer","id_token":"\#(try idToken(grant))"}"#
    }

    private func idToken(_ grant: Grant) throws -> String {
        let (issuer, keys, forgery) = state.withLock { ($0.issuer, $0.keys, $0.forgery) }
        guard let key = forgery.signer ?? keys.first else { throw Refused(reason: "no key") }
        let now = Int64(Date().timeIntervalSince1970)
        let header = FakeProvider.object(
            ["typ": "JWT", "alg": .string(key.algorithm), "kid": .string(key.name)], forgery.header)
        let claims = FakeProvider.object(
            [
                "iss": .string(issuer), "aud": .string(FakeProvider.clientID), "sub": .string(grant.subject),
                "nonce": .string(grant.nonce), "iat": .integer(now), "exp": .integer(now + 300),
                "name": .string("Person \(grant.subject)"), "email": "ada@acme.example", "email_verified": true,
            ], forgery.claims)
        let content = Base64URL.encode(header) + "." + Base64URL.encode(claims)
        let signature = try forgery.sign.map { try $0(Array(content.utf8)) } ?? key.sign(Array(content.utf8))
        return content + "." + Base64URL.encode(signature)
    }

    private static func object(_ members: [String: JSONValue], _ changes: [String: JSONValue?]) -> [UInt8] {
        var members = members
        for (name, value) in changes { members[name] = value }
        return JSONValue.object(members.map { .init($0, $1) }).encoded()
    }
}
