import Migrations
import Platform
import PluginKit
import Postgres
import TestKit
import Testing

/// The rules of `policies/lints` on the schema as it is shipped.
@Suite("Schema lints")
struct SchemaLintTests {
    private static let lints = Result { try SchemaLints(try Installation.find(environment: [:]).folders) }

    /// The rules; none when the folder cannot be read, which `rulesAreThere` reports.
    static var rules: [String] { ((try? lints.get())?.rules ?? []).map(\.name) }

    @Test("there are rules")
    func rulesAreThere() throws {
        #expect(try SchemaLintTests.lints.get().rules.count >= 23)
    }

    @Test("nothing breaks a rule in the shipped schema", arguments: rules, IsolationGround.modes)
    func shippedSchemaIsClean(rule: String, mode: Bootstrap.SessionMode) async throws {
        let lints = try SchemaLintTests.lints.get()
        let rule = try #require(lints.rules.first { $0.name == rule })
        let database = try await LintedDatabase.name(mode)
        let offences = try await TestServer.shared().asSuperuser(database: database) { try await lints.run(rule, $0) }
        #expect(offences == [])
    }

    @Test("bootstrap leaves no gap", arguments: IsolationGround.modes)
    func noGaps(mode: Bootstrap.SessionMode) async throws {
        try await IsolationGround.with(mode) { ground in
            let gaps = try await ground.database.asSuperuser { admin in
                try await admin.run("SELECT object || ': ' || detail AS gap FROM core.bootstrap_gaps()").rows.map {
                    try $0.get("gap", as: String.self)
                }
            }
            #expect(gaps == [])
        }
    }
}

/// A copy of each template, so that many rules can look at it at once; a template itself must have no visitors.
private enum LintedDatabase {
    private static let copies: [Bootstrap.SessionMode: Task<String, any Error>] = Dictionary(
        uniqueKeysWithValues: IsolationGround.modes.map { mode in (mode, Task { try await copy(mode) }) })

    static func name(_ mode: Bootstrap.SessionMode) async throws -> String {
        try await #require(copies[mode]).value
    }

    private static func copy(_ mode: Bootstrap.SessionMode) async throws -> String {
        let template = try await TemplateDatabase.name(mode: mode)
        let name = "linted_\(mode.rawValue)"
        try await TestDatabase.create(name, template: template, on: TestServer.shared())
        return name
    }
}
