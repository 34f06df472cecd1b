internal import Cryptography
internal import Foundation
internal import PluginKit
internal import Postgres
internal import Tenancy

/// Proofs of who somebody is: passwords and second factors, throttled, with one answer and one timing class for whatever
/// is wrong or unknown.
struct Credentials: Sendable {
    private let pipeline: PipelineConnection
    private let passwords: PasswordHasher
    private let throttle: LoginThrottle
    private let secondFactors: SecondFactors

    /// - Parameter pipeline: of the kernel's role `auth`.
    init(
        pipeline: PipelineConnection, passwords: PasswordHasher, throttle: LoginThrottle, secondFactors: SecondFactors
    ) {
        self.pipeline = pipeline
        self.passwords = passwords
        self.throttle = throttle
        self.secondFactors = secondFactors
    }

    /// What somebody has proved. It holds as long as the account has this password, so whoever goes by it looks again.
    struct Proof: Sendable {
        let account: ID<Account>
        /// What the account's password was right for.
        let passwordHash: String
        let hasSecondFactor: Bool

        /// That an account still is as it was proved: its password, and no factor that was not asked for.
        var holds: SQL {
            "id = \(account) AND password_hash = \(passwordHash) AND (totp_confirmed_at IS NULL OR \(hasSecondFactor))"
        }
    }

    /// An account whose password was right.
    private struct Match {
        let account: ID<Account>
        let text: String
        let hash: PasswordHash
        let hasSecondFactor: Bool
    }

    /// One answer for a wrong password and for everything that is unknown.
    static let refused = Problem(
        status: 401, code: "login_refused", detail: "E-mail, password, code or tenant is wrong.")
    private static let codeNeeded = Problem(
        status: 401, code: "second_factor_required", detail: "This login needs a one-time code or a recovery code.")

    private static var busy: Problem {
        // Not all at the same moment again.
        Problem(
            status: 503, code: "busy", detail: "Too many people log in just now.", retryAfter: Int.random(in: 1...5))
    }

    /// Refuses what could not be checked, before it costs anything.
    ///
    /// - Throws: `Problem` 503 `busy`.
    func requireRoom() throws {
        if passwords.isFull { throw Credentials.busy }
    }

    /// Checks a password and, where the account has one, the second factor. An account that does not exist costs the
    /// same time as one that does.
    ///
    /// - Parameters:
    ///   - account: nil when nobody was found.
    ///   - email: what the attempts are counted under.
    /// - Throws: `Problem` 401 `login_refused`, `second_factor_required`; 429 `too_many_attempts`; 503 `busy`.
    func check(
        _ account: ID<Account>?, email: String, password: String, code: String?, _ client: Request.Client
    ) async throws -> Proof {
        try await check([account], email: email, password: password, code: code, client)
    }

    /// The same for several accounts, of which the first with this password is meant. All of them are tried, so that the
    /// time says nothing of which it was.
    ///
    /// - Parameter accounts: always as many, with nil for those that are not there.
    func check(
        _ accounts: [ID<Account>?], email: String, password: String, code: String?, _ client: Request.Client
    ) async throws -> Proof {
        try await throttle.count(email, client)
        let rows = try await pipeline.runForCaller(
            accounts.map { account in
                """
                SELECT password_hash, totp_confirmed_at
                FROM core.accounts
                WHERE id = \(account ?? ID<Account>(.first))
                """
            })
        let proved: Match?
        do {
            proved = try await first(of: accounts, rows, having: password)
        } catch let busy as Problem {
            // Nobody has learnt anything by it.
            try await throttle.takeBack(email, client)
            throw busy
        }
        guard let proved else { throw Credentials.refused }
        if proved.hasSecondFactor {
            guard let code else { throw Credentials.codeNeeded }
            guard try await secondFactors.accept(code, of: proved.account) else { throw Credentials.refused }
        }
        try await throttle.forget(email, client)
        let hash =
            if passwords.needsRehash(proved.hash) {
                try await renew(proved.text, of: proved.account, password)
            } else { proved.text }
        return Proof(account: proved.account, passwordHash: hash, hasSecondFactor: proved.hasSecondFactor)
    }

    /// The first account with this password, after all of them were tried.
    ///
    /// - Throws: `Problem` 503 `busy` when one could not be tried, and no other `Problem`.
    private func first(
        of accounts: [ID<Account>?], _ rows: [ResultSet], having password: String
    ) async throws -> Match? {
        var match: Match?
        for (account, result) in zip(accounts, rows) {
            let row = result.first
            let text = try row?.get("password_hash", as: String?.self) ?? nil
            let stored = try text.map { try PasswordHash(parsing: $0) }
            guard try await isRight(password, stored), match == nil, let account, let row, let text, let stored
            else { continue }
            let hasSecondFactor = try row.get("totp_confirmed_at", as: Timestamp?.self) != nil
            match = Match(account: account, text: text, hash: stored, hasSecondFactor: hasSecondFactor)
        }
        return match
    }

    /// Counts an attempt to prove something, and forgets it when `body` succeeds.
    ///
    /// - Throws: `Problem` 429 `too_many_attempts`; what `body` throws.
    func throttled<Value>(
        _ email: String, _ client: Request.Client, _ body: () async throws -> Value
    ) async throws -> Value {
        try await throttle.count(email, client)
        let value = try await body()
        try await throttle.forget(email, client)
        return value
    }

    /// The hash of a password that somebody chose; see `PasswordHasher`.
    func hash(chosen password: String, at pointer: String) async throws -> String {
        try await passwords.hash(chosen: password, at: pointer).text
    }

    /// The same password under today's cost.
    ///
    /// - Returns: the hash that the account has then.
    /// - Throws: `Problem` 401 `login_refused` when the account has another password by now.
    private func renew(_ old: String, of account: ID<Account>, _ password: String) async throws -> String {
        let hash = try await passwords.hash(chosen: password, at: "/password")
        let results = try await pipeline.runForCaller([
            """
            UPDATE core.accounts
            SET password_hash = \(hash.text)
            WHERE id = \(account) AND password_hash = \(old)
            """,
            "SELECT password_hash FROM core.accounts WHERE id = \(account)",
        ])
        if results[0].affected == 1 { return hash.text }
        // Another login of the same person was faster, or somebody has chosen another password.
        guard let present = try results[1].first?.get("password_hash", as: String?.self) ?? nil,
            try await isRight(password, try PasswordHash(parsing: present))
        else { throw Credentials.refused }
        return present
    }

    /// - Throws: `Problem` 503 `busy` when it could not be looked at, which says nothing of the password.
    private func isRight(_ password: String, _ stored: PasswordHash?) async throws -> Bool {
        do {
            return try await passwords.verify(try Password(password), against: stored)
        } catch PasswordError.overloaded, PasswordError.unavailable {
            throw Credentials.busy
        } catch PasswordError.invalidLength {
            return false
        }
    }
}
