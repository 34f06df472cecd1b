internal import Cryptography
internal import Outbound
internal import PluginKit
internal import Postgres
internal import Tenancy

/// Bounds how often somebody may try something: per address and account, per address, and per account. It counts before
/// anything is looked at, so that attempts at once count too, and counts unknown accounts like known ones. What an address
/// is refused counts on no account, so that nobody is shut out by one address. An address is what `ClientNetwork` makes of
/// it.
struct LoginThrottle: Sendable {
    /// How many attempts there may be, and in which time.
    struct Bounds: Sendable {
        /// Attempts of other bounds are counted apart.
        let purpose: String
        let pair: Int
        let account: Int
        let address: Int
        let window: Duration

        /// Proofs of who somebody is.
        static let login = Bounds(
            purpose: "login-throttle", pair: 10, account: 50, address: 300, window: .seconds(15 * 60))
        /// Mails to somebody who may not have asked for them.
        static let mail = Bounds(purpose: "mail-throttle", pair: 3, account: 5, address: 60, window: .seconds(3600))
    }

    /// One of the three counts.
    private struct Limit {
        let key: [UInt8]
        let attempts: Int
    }

    private let pipeline: PipelineConnection
    private let authenticator: HMACSHA256
    private let bounds: Bounds

    /// - Parameter pipeline: of the kernel's role `auth`.
    init(pipeline: PipelineConnection, master: MasterSecret, bounds: Bounds = .login) {
        self.pipeline = pipeline
        self.bounds = bounds
        authenticator = HMACSHA256(key: master.derive(bounds.purpose))
    }

    /// Counts an attempt.
    ///
    /// - Throws: `Problem` 429 `too_many_attempts` with the seconds to wait.
    func count(_ account: String, _ client: Request.Client) async throws {
        let limits = limits(account, client)
        // A statement of its own, so that it sees what the others have counted; they hold their rows until the end.
        let isWithinOthers: SQL = """
            NOT EXISTS (
                SELECT
                FROM core.login_throttles AS other
                WHERE (other.key = \(limits[0].key) AND other.attempts > \(limits[0].attempts))
                   OR (other.key = \(limits[1].key) AND other.attempts > \(limits[1].attempts)))
            """
        let counting = [
            addition(to: limits[0]), addition(to: limits[1]), addition(to: limits[2], where: isWithinOthers),
        ]
        let results = try await IdempotencyClaim.aside { try await pipeline.runForCaller(counting) }
        for (limit, result) in zip(limits, results) {
            guard let row = result.first, try row.get("attempts", as: Int.self) > limit.attempts else { continue }
            throw Problem(
                status: 429, code: "too_many_attempts", detail: "Too many attempts; wait before the next.",
                retryAfter: max(1, try row.get("seconds")))
        }
    }

    /// The statement that counts an attempt where a condition holds.
    private func addition(to limit: Limit, where condition: SQL = "true") -> SQL {
        """
        INSERT INTO core.login_throttles AS t (key, attempts, window_ends_at)
        SELECT \(limit.key), 1, \(Timestamp.now().advanced(by: bounds.window))
        WHERE \(condition)
        ON CONFLICT (key) DO UPDATE
        SET attempts = CASE WHEN t.window_ends_at < now() THEN 1 ELSE t.attempts + 1 END,
            window_ends_at = CASE
                WHEN t.window_ends_at < now() THEN EXCLUDED.window_ends_at
                ELSE t.window_ends_at
            END
        RETURNING t.attempts::int8 AS attempts,
                  ceil(EXTRACT(epoch FROM t.window_ends_at - now()))::int8 AS seconds
        """
    }

    /// Takes one attempt back that was never looked at; those before it stay.
    func takeBack(_ account: String, _ client: Request.Client) async throws {
        let takingBack = limits(account, client).map { limit -> SQL in
            "UPDATE core.login_throttles SET attempts = GREATEST(1, attempts - 1) WHERE key = \(limit.key)"
        }
        _ = try await IdempotencyClaim.aside { try await pipeline.runForCaller(takingBack) }
    }

    /// Forgets the attempts from this address on this account, after the right password.
    func forget(_ account: String, _ client: Request.Client) async throws {
        let limits = limits(account, client)
        // In the order in which they are counted.
        let forgetting: [SQL] = [
            "DELETE FROM core.login_throttles WHERE key = \(limits[0].key)",
            "UPDATE core.login_throttles SET attempts = GREATEST(1, attempts - 1) WHERE key = \(limits[1].key)",
            "UPDATE core.login_throttles SET attempts = GREATEST(1, attempts - 1) WHERE key = \(limits[2].key)",
        ]
        _ = try await IdempotencyClaim.aside { try await pipeline.runForCaller(forgetting) }
    }

    /// In the order in which they are counted: of the address and the account, of the address, of the account.
    private func limits(_ account: String, _ client: Request.Client) -> [Limit] {
        let address = client.address.map { ClientNetwork($0).text } ?? ""
        return [
            Limit(key: authenticator.authenticate("pair \(address) \(account)"), attempts: bounds.pair),
            Limit(key: authenticator.authenticate("address \(address)"), attempts: bounds.address),
            Limit(key: authenticator.authenticate("account \(account)"), attempts: bounds.account),
        ]
    }
}
