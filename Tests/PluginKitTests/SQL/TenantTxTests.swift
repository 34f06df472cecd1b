import Foundation
@_spi(Kernel) import PluginKit
import Testing

@Suite("Tenant transaction")
struct TenantTxTests {
    /// Answers each statement with a result of as many notes as it has values.
    private struct Answering: StatementExecutor {
        func run(_ statements: [SQL]) async throws -> [ResultSet] {
            statements.map { statement in
                let count = statement.binds.count
                return ResultSet(
                    Note.columns, (0..<count).map { [Cell.uuid(.numbered(UInt64($0))), Cell.text("t"), nil] },
                    affected: count)
            }
        }
    }

    /// Answers nothing at all.
    private struct Silent: StatementExecutor {
        func run(_: [SQL]) async throws -> [ResultSet] { [] }
    }

    private static func transaction(_ executor: any StatementExecutor) -> TenantTx {
        TenantTx(executor: executor) { body in try await body(executor) }
    }

    @Test("one row makes a resource, none is not found")
    func oneRowOrNotFound() async throws {
        let tx = Self.transaction(Answering())
        let _: Resource<Note> = try await tx.one("SELECT \(1)")
        let problem = await #expect(throws: Problem.self) {
            let _: Resource<Note> = try await tx.one("SELECT")
        }
        #expect(problem?.status == 404)
    }

    @Test("a statement run for its effect tells how many rows it touched")
    func executeCounts() async throws {
        #expect(try await Self.transaction(Answering()).execute("UPDATE \(1) \(2)") == 2)
    }

    @Test("a batch answers each statement in order")
    func batchAnswersInOrder() async throws {
        let results = try await Self.transaction(Answering()).batch(["a \(1)", "b", "c \(1) \(2)"])
        #expect(results.map(\.count) == [1, 0, 2])
    }

    @Test("a leased transaction hands out what its body made")
    func leasedHandsOut() async throws {
        let count = try await Self.transaction(Answering()).leased { lease in
            try await lease.rows("SELECT \(1) \(2)").count
        }
        #expect(count == 2)
    }

    @Test("a lease that never runs its body is an error, no hang")
    func leaseWithoutBodyIsAnError() async {
        let tx = TenantTx(executor: Answering()) { _ in }
        await #expect(throws: CancellationError.self) { try await tx.leased { _ in 1 } }
    }

    @Test("an executor that answers nothing is an error")
    func noAnswerIsAnError() async {
        await #expect(throws: ColumnError.self) { try await Self.transaction(Silent()).rows("SELECT 1") }
        await #expect(throws: ColumnError.self) {
            try await Self.transaction(Silent()).leased { try await $0.rows("SELECT 1").count }
        }
    }

    @Test("a route without a module has no data")
    func noneLeadsNowhere() async {
        await #expect(throws: Problem.self) { try await TenantTx.none.rows("SELECT 1") }
        await #expect(throws: Problem.self) { try await TenantTx.none.leased { _ in 1 } }
    }
}
