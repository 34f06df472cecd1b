package import Cryptography
internal import PluginKit
package import Postgres
internal import Tenancy

/// Changes the key that sessions of the database are signed with, while servers work: each knows of the new one before
/// it signs, and the old one is believed until no session signed with it can still wait.
package struct SessionKeyRotation: Sendable {
    /// How long a new key waits: longer than any process takes to learn of it.
    package static let delay: Duration = .seconds(5)
    /// How long an old key is believed after the new one signs: a session's time to wait, and the skew of clocks.
    package static let overlap: Duration = .seconds(180)

    private let master: MasterSecret

    package init(master: MasterSecret) {
        self.master = master
    }

    /// Makes the next key and gives the others their end.
    ///
    /// - Parameters:
    ///   - admin: a superuser's connection, or the nearest a managed server has.
    ///   - isEmergency: the others end now, with the connections of modules, which remember keys; requests under way and
    ///     those of the next quarter of a second answer 503.
    /// - Returns: the number of the new key.
    package func run(
        _ admin: Lease, isEmergency: Bool = false, delay: Duration = SessionKeyRotation.delay,
        overlap: Duration = SessionKeyRotation.overlap
    ) async throws -> Int {
        let start = Timestamp.now().advanced(by: isEmergency ? .zero : delay)
        let end = isEmergency ? start : start.advanced(by: overlap)
        let next = try await admin.transaction { try await turn($0, from: start, othersEnd: end) }
        if isEmergency {
            try await admin.run(
                """
                SELECT pg_terminate_backend(pid)
                FROM pg_stat_activity
                WHERE datname = current_database() AND usename LIKE 'romashka\\_m\\_%'
                """)
        }
        return next
    }

    private func turn(_ admin: Lease, from start: Timestamp, othersEnd end: Timestamp) async throws -> Int {
        // One rotation at a time.
        try await admin.run("LOCK TABLE core.session_key_turns IN EXCLUSIVE MODE")
        try await admin.run("DELETE FROM core.session_keys WHERE not_after < now()")
        let known = try await admin.run("SELECT kid::int8 FROM core.session_keys").rows.map {
            try $0.get("kid", as: Int.self)
        }
        let newest = try await admin.run(
            "SELECT kid::int8 FROM core.session_key_turns ORDER BY signs_from DESC LIMIT 1")
        let current = try newest.first?.get("kid", as: Int.self) ?? 1
        let candidates = (1...98).map { (current - 1 + $0) % 99 + 1 }
        guard let next = candidates.first(where: { !known.contains($0) }) else {
            throw MigrationError(.failed, "there is no free number for another key of the database's sessions")
        }
        let signer = SessionSigner(master: master, keyID: next)
        try await admin.run(
            """
            INSERT INTO core.session_keys (kid, inner_pad, outer_pad)
            VALUES (\(next)::int2, \(signer.innerPad), \(signer.outerPad))
            """)
        try await admin.run(
            """
            UPDATE core.session_keys
            SET not_after = \(end)
            WHERE kid <> \(next)::int2 AND (not_after IS NULL OR not_after > \(end))
            """)
        try await admin.run(
            """
            DELETE FROM core.session_key_turns AS t
            WHERE t.kid = \(next)::int2 OR NOT EXISTS (SELECT FROM core.session_keys AS k WHERE k.kid = t.kid)
            """)
        // Who reads this before the new key's time goes on with the one that signed so far.
        try await admin.run(
            """
            INSERT INTO core.session_key_turns (kid, signs_from)
            SELECT \(current)::int2, '2000-01-01T00:00:00Z'
            WHERE NOT EXISTS (SELECT FROM core.session_key_turns)
            """)
        try await admin.run(
            "INSERT INTO core.session_key_turns (kid, signs_from) VALUES (\(next)::int2, \(start))")
        try await admin.run("SELECT core.record_change('session_key', NULL, \(String(next)))")
        return next
    }
}
