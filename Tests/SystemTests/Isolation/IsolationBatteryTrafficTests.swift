import Migrations
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// Many tenants at once through one module's door.
@Suite("IsolationBattery: traffic")
struct IsolationBatteryTrafficTests {
    private static let tenants = 25
    private static let requests = 200

    @Test("of five thousand interleaved requests each answers only its own tenant", arguments: IsolationGround.modes)
    func interleaved(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            let tenants = (0..<Self.tenants).map { IsolationTenant(word: "tenant\($0)x") }
            try await ground.database.asSuperuser { admin in
                for tenant in tenants {
                    try await tenant.create(admin)
                    try await admin.run(IsolationBatteryPipelineTests.insertion(tenant.word, tenant))
                }
            }
            let module = try #require(ModuleName("conversations"))
            let database = ground.databases.database(of: module)
            let reports = await withTaskGroup(of: IsolationCaller.Report.self) { group in
                for (index, tenant) in tenants.enumerated() {
                    let other = tenants[(index + 7) % tenants.count]
                    group.addTask {
                        var caller = IsolationCaller(tenant, other: other, database, seed: UInt64(index))
                        return await caller.run(Self.requests)
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let mistakes = reports.flatMap(\.mistakes)
            #expect(mistakes.isEmpty, "\(mistakes.count) mistakes: \(mistakes.prefix(5))")
            #expect(reports.reduce(0) { $0 + $1.answered } > 3000)
            #expect(reports.reduce(0) { $0 + $1.failed } > 300)
            try await ground.database.asSuperuser { admin in
                for (tenant, report) in zip(tenants, reports.sorted { $0.index < $1.index }) {
                    let names = try await admin.run(
                        "SELECT name FROM conversations.customer_profiles WHERE tenant_id = \(tenant.id)"
                    ).rows.map { try $0.get("name", as: String.self) }
                    #expect(names.allSatisfy { $0.hasPrefix(tenant.word) })
                    #expect(Set(report.acknowledged).subtracting(names) == [], "acknowledged, but not there")
                }
            }
        }
    }
}

/// One tenant's caller: reads, writes, fails and leaves at random, and checks every answer.
private struct IsolationCaller {
    struct Report: Sendable {
        let index: UInt64
        var answered = 0
        var failed = 0
        var acknowledged: [String] = []
        var mistakes: [String] = []
    }

    private let tenant: IsolationTenant
    private let other: IsolationTenant
    private let database: ModuleDatabase
    private var generator: SeededGenerator
    private var report: Report

    init(_ tenant: IsolationTenant, other: IsolationTenant, _ database: ModuleDatabase, seed: UInt64) {
        self.tenant = tenant
        self.other = other
        self.database = database
        generator = SeededGenerator(seed: seed)
        report = Report(index: seed)
    }

    mutating func run(_ requests: Int) async -> Report {
        for number in 0..<requests { await step(number) }
        return report
    }

    private mutating func step(_ number: Int) async {
        switch Int.random(in: 0..<100, using: &generator) {
        case ..<45: await read(mode: .read, "SELECT name FROM conversations.customer_profiles LIMIT 20")
        case ..<55:
            await read(mode: .write, "SELECT name FROM conversations.customer_profiles WHERE tenant_id = \(tenant.id)")
        case ..<65: await expectNothing()
        case ..<80: await write(number)
        case ..<90: await fail()
        case ..<93: await lease()
        default: await leave()
        }
    }

    private mutating func check(_ result: ResultSet) {
        do {
            for row in result.rows {
                let name: String = try row.get("name")
                if !name.hasPrefix(tenant.word) { report.mistakes.append("\(tenant.word) got \(name)") }
            }
            if result.isEmpty { report.mistakes.append("\(tenant.word) got nothing") }
            report.answered += 1
        } catch {
            report.mistakes.append("\(error)")
        }
    }

    private mutating func read(mode: SessionClaims.Mode, _ statement: SQL) async {
        do { check(try await database.open(tenant.session, mode: mode).rows(statement)) } catch { note(error) }
    }

    private mutating func expectNothing() async {
        do {
            let stolen = try await database.open(tenant.session, mode: .read).rows(
                "SELECT name FROM conversations.customer_profiles WHERE tenant_id = \(other.id)")
            if !stolen.isEmpty { report.mistakes.append("\(tenant.word) saw \(other.word)") }
            report.answered += 1
        } catch {
            note(error)
        }
    }

    private mutating func write(_ number: Int) async {
        let name = "\(tenant.word) \(number)"
        do {
            try await database.open(tenant.session, mode: .write).execute(
                IsolationBatteryPipelineTests.insertion(name, tenant))
            report.acknowledged.append(name)
            report.answered += 1
        } catch {
            note(error)
        }
    }

    private mutating func fail() async {
        let faults: [SQL] = [
            "SELECT 1 / \(0) AS name", "SELECT name FROM nowhere", IsolationBatteryPipelineTests.insertion("x", other),
            "UPDATE conversations.customer_profiles SET status = \("none")", "BEGIN", "COMMIT", "SET search_path = ''",
        ]
        let fault = faults[Int.random(in: 0..<faults.count, using: &generator)]
        do {
            _ = try await database.open(tenant.session, mode: .write).batch([
                IsolationBatteryPipelineTests.insertion("half", tenant), fault,
            ])
            report.mistakes.append("\(tenant.word): \(fault.text) was answered")
        } catch {
            report.failed += 1
        }
    }

    private mutating func lease() async {
        do {
            let tx = database.open(tenant.session, mode: .write)
            check(try await tx.leased { try await $0.rows("SELECT name FROM conversations.customer_profiles LIMIT 5") })
        } catch {
            note(error)
        }
    }

    /// Cancels before, while or after the statement runs.
    private mutating func leave() async {
        let patience = Int.random(in: 0..<6, using: &generator)
        let task = Task { [database, tenant] in
            try await database.open(tenant.session, mode: .read).rows(
                "SELECT name FROM conversations.customer_profiles")
        }
        for _ in 0..<patience { await Task.yield() }
        task.cancel()
        if let result = try? await task.value { check(result) }
    }

    private mutating func note(_ error: any Error) {
        report.mistakes.append("\(tenant.word): \(String(reflecting: error))")
    }
}
