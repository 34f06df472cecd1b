import PluginKit
import TestKit

@testable import Postgres

/// One caller of a shared pipeline among many: asks for rows that bear its own number, and believes nothing else.
struct IsolationCaller {
    /// What came of a caller's requests.
    struct Tally {
        /// Requests that were answered with exactly their own rows.
        var answered = 0
        /// Requests that failed as they were meant to.
        var failed = 0
        /// Requests that were dropped with a connection somebody had poisoned.
        var poisoned = 0
        /// Requests that poisoned a connection.
        var smuggled = 0
        /// Requests whose caller did not wait.
        var abandoned = 0
        /// The numbers whose INSERT was acknowledged.
        var acknowledged: [Int64] = []
        /// Whatever must not happen.
        var mistakes: [String] = []
    }

    private let pipeline: PipelineConnection
    private let caller: Int64
    private var generator: SeededGenerator
    private var lastNonce: Int64
    private var tally = Tally()

    init(_ caller: Int, pipeline: PipelineConnection, seed: UInt64) {
        self.pipeline = pipeline
        self.caller = Int64(caller)
        generator = SeededGenerator(seed: seed &* 1000 &+ UInt64(caller))
        lastNonce = Int64(caller) * 1_000_000
    }

    /// Makes so many requests one after another.
    mutating func run(requests: Int) async -> Tally {
        for _ in 0..<requests {
            lastNonce += 1
            switch Int.random(in: 0..<1000, using: &generator) {
            case ..<3: await smuggle()
            case ..<5: await sleepTooLong()
            case ..<80: await fail()
            case ..<160: await abandon()
            default: await ask()
            }
        }
        return tally
    }

    // MARK: Requests

    private mutating func ask() async {
        let request = IsolationRequest.random(nonce: lastNonce, caller: caller, using: &generator)
        settle(
            request, await outcome { [pipeline] in try await pipeline.run(request.statements, timeout: .seconds(60)) })
    }

    /// Cancels the caller before, while or after the statement runs.
    private mutating func abandon() async {
        let request = IsolationRequest.random(nonce: lastNonce, caller: caller, using: &generator)
        let patience = Int.random(in: 0..<6, using: &generator)
        tally.abandoned += 1
        let result = await outcome { [pipeline] in
            let task = Task { try await pipeline.run(request.statements, timeout: .seconds(60)) }
            for _ in 0..<patience { await Task.yield() }
            task.cancel()
            return try await task.value
        }
        if case .failure(let error) = result, error.code == .timeout { return }
        settle(request, result)
    }

    /// A request that must fail by its own fault, and take its good statements along.
    private mutating func fail() async {
        let faults: [(statement: SQL, state: String)] = [
            ("SELECT 1 / \(0) AS nonce", "22012"),
            ("INSERT INTO taken (number) VALUES (\(1)) RETURNING number AS nonce", "23505"),
            ("SELECT FROM WHERE \(lastNonce)", "42601"),
            ("SELECT nonce FROM no_such_table WHERE nonce = \(lastNonce)", "42P01"),
        ]
        let fault = faults[Int.random(in: 0..<faults.count, using: &generator)]
        var statements: [SQL] = [fault.statement]
        let good: SQL = "INSERT INTO entries (nonce, caller) VALUES (\(-lastNonce), \(caller)) RETURNING nonce"
        if Bool.random(using: &generator) { statements.insert(good, at: Bool.random(using: &generator) ? 0 : 1) }
        switch await outcome({ [pipeline] in try await pipeline.run(statements, timeout: .seconds(60)) }) {
        case .success: tally.mistakes.append("\(lastNonce): a statement that must fail did not")
        case .failure(let error) where error.sqlState == fault.state: tally.failed += 1
        case .failure(let error): note(error)
        }
    }

    /// A statement that the server ends, while others wait behind it.
    private mutating func sleepTooLong() async {
        switch await outcome({ [pipeline] in
            try await pipeline.run(["SELECT pg_sleep(5)::text AS nonce"], timeout: .seconds(60))
        }) {
        case .success: tally.mistakes.append("\(lastNonce): the statement timeout is gone")
        case .failure(let error) where error.isStatementTimeout: tally.failed += 1
        case .failure(let error): note(error)
        }
    }

    /// What `StatementPolicy` would refuse: sent past it, it must end the connection.
    private mutating func smuggle() async {
        let poison = [
            "BEGIN", "START TRANSACTION READ ONLY", "PREPARE smuggled_\(lastNonce) AS SELECT 666::int8 AS nonce",
            "SET statement_timeout = 0",
            "LISTEN smuggled", "CREATE TEMP TABLE entries (nonce int8)", "DISCARD ALL", "DO $$ BEGIN END $$",
            "COPY entries TO STDOUT",
            "SAVEPOINT s", "SHOW statement_timeout", "SET search_path = pg_catalog",
        ]
        let text = poison[Int.random(in: 0..<poison.count, using: &generator)]
        var statements: [(text: String, binds: [Bind])] = [(text, [])]
        if Bool.random(using: &generator) { statements.insert(("SELECT $1 AS nonce", [.int(lastNonce)]), at: 0) }
        if Bool.random(using: &generator) {
            statements.append(("INSERT INTO entries VALUES ($1, $2)", [.int(lastNonce), .int(caller)]))
        }
        tally.smuggled += 1
        switch await outcome({ [pipeline] in
            try await pipeline.submit(statements, isReplayable: false, timeout: .seconds(60))
        }) {
        case .success: tally.mistakes.append("\(lastNonce): \(text) was answered")
        case .failure(let error) where error.code == .pipelinePoisoned: tally.poisoned += 1
        // Some are refused by the server itself, which leaves nothing behind.
        case .failure(let error) where ["25P01", "25001", "25006"].contains(error.sqlState): tally.failed += 1
        case .failure(let error): note(error)
        }
    }

    // MARK: Outcomes

    private func outcome<Value>(_ body: () async throws -> Value) async -> Result<Value, DatabaseError> {
        do {
            return .success(try await body())
        } catch let error as DatabaseError {
            return .failure(error)
        } catch {
            return .failure(DatabaseError(.undecodable, message: "\(error)"))
        }
    }

    private mutating func settle(_ request: IsolationRequest, _ outcome: Result<[ResultSet], DatabaseError>) {
        switch outcome {
        case .success(let results):
            guard let mistake = request.mistake(in: results) else {
                tally.answered += 1
                if request.inserts { tally.acknowledged.append(request.nonce) }
                return
            }
            tally.mistakes.append("\(request.nonce): \(mistake)")
        case .failure(let error): note(error)
        }
    }

    private mutating func note(_ error: DatabaseError) {
        guard error.code == .pipelinePoisoned else {
            return tally.mistakes.append("\(lastNonce): \(error.debugDescription)")
        }
        tally.poisoned += 1
    }
}
