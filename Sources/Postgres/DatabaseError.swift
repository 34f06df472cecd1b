/// What went wrong between us and PostgreSQL.
///
/// `description` is safe to log; the server's own text, which may quote data, is in `debugDescription` only.
package struct DatabaseError: Error, Hashable, Sendable {
    /// The kinds of failure.
    package enum Code: String, Hashable, Sendable {
        /// The connection URL cannot be read.
        case invalidURL = "invalid_url"
        /// No connection could be made.
        case connectionFailed = "connection_failed"
        /// The connection broke while the statement may or may not have run.
        case connectionLost = "connection_lost"
        /// A statement did what no statement of a shared pipeline may; everything in flight was dropped.
        case pipelinePoisoned = "pipeline_poisoned"
        /// The statement may not run on a shared pipeline.
        case statementRefused = "statement_refused"
        /// The server refused the statement; see `sqlState`.
        case statementFailed = "statement_failed"
        /// The transaction held an error, so its end was a rollback.
        case rolledBack = "transaction_rolled_back"
        /// The answer did not come in time.
        case timeout
        /// Too many requests wait for a connection.
        case overloaded
        /// The result has a type or a shape the client does not read.
        case undecodable
    }

    package let code: Code
    /// The five characters of PostgreSQL's error code (manual, appendix A), when the server answered.
    package let sqlState: String?
    /// The constraint that was violated, when one was.
    package let constraint: String?
    private let message: String

    package init(_ code: Code, sqlState: String? = nil, constraint: String? = nil, message: String = "") {
        self.code = code
        self.sqlState = sqlState
        self.constraint = constraint
        self.message = message
    }
}

extension DatabaseError: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String {
        [code.rawValue, sqlState, constraint].compactMap { $0 }.joined(separator: " ")
    }

    package var debugDescription: String {
        message.isEmpty ? description : "\(description): \(message)"
    }
}

extension DatabaseError {
    /// Whether the server ended the statement because it ran too long (57014).
    package var isStatementTimeout: Bool { sqlState == "57014" }

    /// Whether preparing a statement again helps: the server does not know it (26000), or its columns have changed since
    /// (0A000).
    var isStatementForgotten: Bool { sqlState == "26000" || sqlState == "0A000" }
}
