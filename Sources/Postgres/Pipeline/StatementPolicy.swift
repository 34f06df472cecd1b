internal import PluginKit

/// What a statement may be on a connection that many tenants' requests share.
enum StatementPolicy {
    private static let verbs: [String] = ["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "VALUES"]
    private static let cursorVerbs: [String] = ["DECLARE", "FETCH", "MOVE", "CLOSE"]

    /// Refuses what could change the connection itself: text made at run time, and every verb but the seven
    /// that read or change rows. (The protocol already refuses a second statement in one text.)
    ///
    /// - Throws: `DatabaseError` with code `statement_refused`.
    static func requireShareable(_ statement: SQL, text: String) throws(DatabaseError) {
        guard !statement.isUnsafe else {
            throw DatabaseError(.statementRefused, message: "unsafeSQL runs on a leased connection only")
        }
        guard verbs.contains(where: { startsWith($0, text) }) else {
            throw DatabaseError(
                .statementRefused, message: "a shared pipeline runs only \(verbs.joined(separator: ", "))")
        }
    }

    /// Refuses whatever in a tenant's own transaction could end the transaction or outlive it: PostgreSQL lets any role
    /// COMMIT, lock whole tables, LISTEN, and change its own password and defaults (ALTER ROLE), for all tenants.
    ///
    /// - Throws: `DatabaseError` with code `statement_refused`.
    static func requireRows(_ text: String) throws(DatabaseError) {
        guard (verbs + cursorVerbs).contains(where: { startsWith($0, text) }) else {
            throw DatabaseError(.statementRefused, message: "a tenant's transaction only reads and changes rows")
        }
    }

    private static func startsWith(_ verb: String, _ text: String) -> Bool {
        let start = text.utf8.drop { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
        guard start.count > verb.utf8.count else { return false }
        let matches = zip(start, verb.utf8).allSatisfy { $0 & 0xDF == $1 }
        let next = start[start.index(start.startIndex, offsetBy: verb.utf8.count)]
        return matches && (next == 0x20 || next == 0x0A || next == 0x0D || next == 0x09 || next == UInt8(ascii: "("))
    }
}
