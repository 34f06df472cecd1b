import Testing

@testable import Postgres

@Suite("Database error")
struct DatabaseErrorTests {
    @Test("the description is safe to log, the server's own words are for debugging only")
    func descriptionIsSafe() {
        let error = DatabaseError(
            .statementFailed, sqlState: "23505", constraint: "users_email_key",
            message: "Key (email)=(anna@example.com) exists")
        #expect(error.description == "statement_failed 23505 users_email_key")
        #expect("\(error)" == error.description)
        #expect(error.debugDescription.contains("anna@example.com"))
    }

    @Test(
        "without more to say it is its code",
        arguments: [DatabaseError.Code.timeout, .overloaded, .connectionLost, .pipelinePoisoned])
    func bareErrorIsItsCode(code: DatabaseError.Code) {
        #expect(DatabaseError(code).description == code.rawValue)
        #expect(DatabaseError(code).debugDescription == code.rawValue)
    }

    @Test("the states that matter have names")
    func statesHaveNames() {
        #expect(DatabaseError(.statementFailed, sqlState: "57014").isStatementTimeout)
        #expect(!DatabaseError(.timeout).isStatementTimeout)
        #expect(DatabaseError(.statementFailed, sqlState: "26000").isStatementForgotten)
        #expect(!DatabaseError(.statementFailed, sqlState: "26001").isStatementForgotten)
    }
}
