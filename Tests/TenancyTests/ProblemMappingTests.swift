import PluginKit
import Postgres
import Tenancy
import Testing

@Suite("ProblemMapping")
struct ProblemMappingTests {
    /// What the server may say that no caller may read.
    private static let secrets = ["customer_profiles_email", "Key (email)=(noah@example.com)", "knowledge_items"]

    private static func error(_ state: String) -> DatabaseError {
        DatabaseError(
            .statementFailed, sqlState: state, constraint: secrets[0], message: secrets.joined(separator: " "))
    }

    @Test(
        "A refused statement becomes a problem with a stable code",
        arguments: [
            ("23505", 409, "already_exists"), ("23503", 422, "reference_missing"), ("23514", 422, "value_refused"),
            ("22P05", 422, "value_refused"), ("40001", 503, "try_again"), ("57014", 503, "database_timeout"),
            ("53300", 503, "database_unavailable"),
        ])
    func codes(state: String, status: Int, code: String) throws {
        let problem = try #require(ProblemMapping.problem(for: Self.error(state)))
        #expect(problem.status == status && problem.code == code)
        #expect((problem.retryAfter != nil) == (status == 503))
    }

    @Test(
        "No problem names a table, a constraint or a value",
        arguments: ["23505", "23503", "23514", "23502", "22001", "22003", "22021", "40001", "57014", "53300"])
    func secrecy(state: String) throws {
        let problem = try #require(ProblemMapping.problem(for: Self.error(state)))
        for secret in Self.secrets { #expect(!problem.detail.contains(secret)) }
        #expect(problem.errors.isEmpty)
    }

    @Test("Our own defects become no problem", arguments: ["42501", "42601", "42P01", "25006", "XX000"])
    func defects(state: String) {
        #expect(ProblemMapping.problem(for: Self.error(state)) == nil)
    }

    @Test(
        "A lost connection is worth another try",
        arguments: [DatabaseError.Code.connectionFailed, .connectionLost, .pipelinePoisoned, .overloaded, .timeout])
    func unavailable(code: DatabaseError.Code) throws {
        let problem = try #require(ProblemMapping.problem(for: DatabaseError(code)))
        #expect(problem.status == 503 && problem.retryAfter == 1)
    }
}
