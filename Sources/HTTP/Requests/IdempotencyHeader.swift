internal import Cryptography
internal import PluginKit
internal import Tenancy

/// The header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07) as a claim.
enum IdempotencyHeader {
    /// The most characters of a key.
    static let maximumLength = 255

    /// Whether a route's answers are kept under keys. An answer with headers for one browser is not; such routes change
    /// nothing that counts twice.
    static func isTaken(by route: Route) -> Bool {
        switch route.access {
        case .public, .visitor, .hook: false
        case .operator, .session, .permission, .customer:
            route.method != "GET" && route.rawInput == nil && !route.isForBrowsers
        }
    }

    /// The claim of a request; nil without the header, and where no answers are kept.
    ///
    /// - Parameter fingerprints: makes of a request what is kept of it.
    /// - Throws: `Problem` 400 when the key is not 1 to 255 visible ASCII characters.
    static func claim(
        _ key: String?, of route: Route, path: String, body: JSONValue, _ fingerprints: HMACSHA256
    ) throws -> IdempotencyClaim? {
        guard let key, isTaken(by: route) else { return nil }
        guard (1...maximumLength).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Problem(
                status: 400, code: "idempotency_key_invalid",
                detail: "Idempotency-Key takes 1 to \(maximumLength) visible ASCII characters.")
        }
        let request = Array("\(route.method) \(path)\n".utf8) + body.encoded()
        return IdempotencyClaim(keyHash: SHA256.digest(key), fingerprint: fingerprints.authenticate(request))
    }

    /// Refuses a key where a route keeps no answers: because they are of any type, or because nobody has said who they
    /// are, so that a kept answer, with its tokens, would be for whoever knows or guesses the key.
    ///
    /// - Throws: `Problem` 400 `idempotency_key_unsupported`.
    static func requireNone(_ key: String?, of route: Route) throws {
        guard key != nil, keepsNoAnswers(route) else { return }
        throw Problem(
            status: 400, code: "idempotency_key_unsupported",
            detail: "This route keeps no answers; leave Idempotency-Key out.")
    }

    /// Whether a route changes something and takes no key for it.
    static func keepsNoAnswers(_ route: Route) -> Bool {
        route.rawInput != nil || (route.access == .public && route.method != "GET")
    }

    /// What a caller is told whose key is taken.
    static func problem(for outcome: IdempotencyKeys.Outcome) -> Problem {
        switch outcome {
        case .reused:
            .conflict("This Idempotency-Key was used for another request.", code: "idempotency_key_reused")
        case .unanswered(let age) where age > .seconds(60):
            .conflict(
                "This request may have been carried out, but its answer was lost; read what it was about.",
                code: "idempotency_answer_lost")
        case .unanswered, .free, .answered:
            Problem(
                status: 409, code: "idempotency_in_progress", detail: "The same request is under way.", retryAfter: 1)
        }
    }
}
