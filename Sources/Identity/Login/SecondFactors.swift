internal import Cryptography
internal import Foundation
internal import PluginKit
internal import Postgres
internal import Tenancy

/// One-time codes of an authenticator app (RFC 6238) and recovery codes, both counted once.
struct SecondFactors: Sendable {
    private static let recoveryCodeCount = 10

    private let pipeline: PipelineConnection
    private let authenticator: HMACSHA256
    private let issuer: String

    /// - Parameters:
    ///   - pipeline: of the kernel's role `auth`.
    ///   - issuer: what an authenticator app shows beside the codes.
    init(pipeline: PipelineConnection, master: MasterSecret, issuer: String) {
        self.pipeline = pipeline
        authenticator = HMACSHA256(key: master.derive("one-time-code"))
        self.issuer = issuer
    }

    /// Prepares a second factor, which counts from its confirmation on. A confirmed one stays as it is.
    ///
    /// - Throws: `Problem` 409 `second_factor_exists`; 401 `login_refused` when the account has another password.
    func prepare(_ proof: Credentials.Proof, email: String) async throws -> Resource<SecondFactorPayload> {
        let (account, salt) = (proof.account, RandomBytes.generate(16))
        let results = try await pipeline.runForCaller([
            """
            UPDATE core.accounts
            SET totp_salt = \(salt), totp_prepared_at = now()
            WHERE id = \(account) AND password_hash = \(proof.passwordHash) AND totp_confirmed_at IS NULL
            """,
            "SELECT FROM core.accounts WHERE id = \(account) AND password_hash = \(proof.passwordHash)",
        ])
        guard !results[1].isEmpty else { throw Credentials.refused }
        guard results[0].affected == 1 else {
            throw Problem.conflict("There is a second factor already.", code: "second_factor_exists")
        }
        let secret = Base32.encode(secret(account, salt))
        let label = "\(issuer):\(email)".addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        let name = issuer.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        return try Resource([
            "secret": .string(secret),
            "url": .string("otpauth://totp/\(label)?secret=\(secret)&issuer=\(name)&algorithm=SHA1&digits=6&period=30"),
        ])
    }

    /// Confirms a factor, prepared a quarter of an hour ago at most, with its first code; answers recovery codes, which are
    /// shown this once. One transaction: a factor that counts has its codes, and no login stands that was begun without it.
    ///
    /// - Parameter ending: the statement that ends logins, under a condition on `core.accounts`.
    /// - Throws: `Problem` 422 when the code is wrong, or comes too late.
    func confirm(
        _ account: ID<Account>, code: String, ending: (_ condition: SQL) -> SQL
    ) async throws -> Resource<RecoveryCodesPayload> {
        let codes = (0..<SecondFactors.recoveryCodeCount).map { _ in Base32.encode(RandomBytes.generate(10)) }
        // Only this transaction has that time.
        let isConfirmed: SQL = "accounts.id = \(account) AND accounts.totp_confirmed_at = now()"
        guard let step = try await step(of: code, account),
            try await use(
                step, account, confirming: true,
                and: [
                    """
                    DELETE FROM core.recovery_codes
                    USING core.accounts
                    WHERE recovery_codes.account_id = accounts.id AND \(isConfirmed)
                    """
                ]
                    + codes.map { code in
                        """
                        INSERT INTO core.recovery_codes (account_id, hash)
                        SELECT accounts.id, \(hash(code, account))
                        FROM core.accounts
                        WHERE \(isConfirmed)
                        """
                    } + [ending(isConfirmed)])
        else {
            throw Problem.validation(
                [.init(pointer: "/code", code: "code", detail: "must be the app's present code")], code: "code_refused")
        }
        return try Resource(["recovery_codes": .array(codes.map { .string($0) })])
    }

    /// Takes the second factor away.
    ///
    /// - Throws: `Problem` 401 `login_refused` when the account has another password by now, or a second factor that
    ///   was not asked for.
    func remove(_ proof: Credentials.Proof) async throws {
        let results = try await pipeline.runForCaller([
            """
            UPDATE core.accounts
            SET totp_salt = NULL, totp_prepared_at = NULL, totp_confirmed_at = NULL
            WHERE \(proof.holds)
            """,
            // A factor that stays keeps its codes.
            """
            DELETE FROM core.recovery_codes
            USING core.accounts
            WHERE accounts.id = \(proof.account) AND accounts.totp_confirmed_at IS NULL
              AND recovery_codes.account_id = accounts.id
            """,
        ])
        guard results[0].affected == 1 else { throw Credentials.refused }
    }

    /// The account of a member that a second factor guards; nil when none does.
    func guarded(_ profile: ProfileID, of tenant: TenantID) async throws -> ID<Account>? {
        try await pipeline.runForCaller([
            """
            SELECT a.id
            FROM core.profiles p
            JOIN core.accounts a ON a.id = p.account_id
            WHERE p.tenant_id = \(tenant) AND p.id = \(profile) AND a.totp_confirmed_at IS NOT NULL
            """
        ])[0].first?.get("id")
    }

    /// Whether `text` is the present code or an unused recovery code; either is used up by it.
    func accept(_ text: String, of account: ID<Account>) async throws -> Bool {
        if let step = try await step(of: text, account) { return try await use(step, account, confirming: false) }
        let result = try await pipeline.runForCaller([
            """
            UPDATE core.recovery_codes
            SET used_at = now()
            WHERE account_id = \(account) AND hash = \(hash(text, account)) AND used_at IS NULL
            """
        ])[0]
        return result.affected == 1
    }

    /// The step at which a code is right; nil when it is wrong.
    private func step(of code: String, _ account: ID<Account>) async throws -> Int64? {
        let row = try await pipeline.runForCaller(["SELECT totp_salt FROM core.accounts WHERE id = \(account)"])[0]
            .first
        guard let salt = try row?.get("totp_salt", as: [UInt8]?.self) ?? nil, code.utf8.count == 6 else { return nil }
        let present = Int64(Date().timeIntervalSince1970) / OneTimeCode.stepLength
        return try OneTimeCode.step(of: code, secret: secret(account, salt), near: present)
    }

    /// Uses a step up, and goes on with other statements; false when it or a later one was used before.
    private func use(
        _ step: Int64, _ account: ID<Account>, confirming: Bool, and others: [SQL] = []
    ) async throws -> Bool {
        let result = try await pipeline.runForCaller(
            [
                """
                UPDATE core.accounts
                SET totp_last_step = \(step),
                    totp_confirmed_at = COALESCE(totp_confirmed_at, now())
                WHERE id = \(account) AND totp_last_step < \(step) AND (totp_confirmed_at IS NULL) = \(confirming)
                  AND (NOT \(confirming) OR totp_prepared_at > now() - interval '15 minutes')
                """
            ] + others)[0]
        return result.affected == 1
    }

    /// Nothing that the database holds is enough to make a code.
    private func secret(_ account: ID<Account>, _ salt: [UInt8]) -> [UInt8] {
        Array(authenticator.authenticate(Array("totp \(account)".utf8) + salt).prefix(OneTimeCode.secretLength))
    }

    private func hash(_ recoveryCode: String, _ account: ID<Account>) -> [UInt8] {
        let code = recoveryCode.uppercased().filter { $0 != "-" && $0 != " " }
        return authenticator.authenticate("recovery \(account) \(code)")
    }
}
