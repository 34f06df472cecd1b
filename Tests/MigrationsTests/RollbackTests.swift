import Migrations
import Platform
import PluginHost
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// Migrations taken back, on a real database.
@Suite("Rollback", .serialized)
struct RollbackTests {
    private static let server = Task { try await TestServer.start() }
    private static let plugins = ["Conversations", "Knowledge"]

    /// Runs `body` on a database with everything migrated.
    private static func with(_ body: (MigrationGround) async throws -> Void) async throws {
        try await MigrationGround.with(on: Self.server.value, plugins: plugins) { ground in
            try await ground.bootstrapAndMigrate()
            try await body(ground)
        }
    }

    @Test("Undone and run again, a module's schema is as it was", arguments: [("conversations", 3), ("knowledge", 2)])
    func modulesReturn(module: String, count: Int) async throws {
        try await Self.with { ground in
            let before = try await ground.catalogue()
            // One by one, and all at once.
            for start in stride(from: count - 1, through: 0, by: -1) {
                let undone = try await ground.rollback(module, to: start)
                #expect(undone.count == count - start)
                #expect(try await ground.ledger().filter { $0.hasPrefix(module) }.count == start)
                let offences = try await ground.setup { try await $0.verifySchema() }
                #expect(offences.filter { $0.object.contains(module) } == [])
                if start == 0 { #expect(try await ground.objects(in: module) == []) }
                #expect(try await ground.migrate().compactMap(\.failure) == [])
                try await ground.expectUnchanged(since: before)
            }
        }
    }

    @Test("Undone and run again, the kernel's schema is as it was", arguments: [5, 3, 2, 1, 0])
    func kernelReturns(number: Int) async throws {
        try await Self.with { ground in
            let before = try await ground.catalogue()
            for module in ["conversations", "knowledge"] {
                _ = try await ground.rollback(module, to: 0)
            }
            let undone = try await ground.rollback("core", to: number)
            #expect(undone == (try ground.kernelFiles).dropFirst(number).reversed())
            #expect(try await ground.ledger() == MigrationGround.coreEntries(number))
            #expect(try await ground.migrate().compactMap(\.failure) == [])
            try await ground.expectUnchanged(since: before)
        }
    }

    @Test("Without a module, what ran last is undone, one file at a time")
    func newestFirst() async throws {
        try await Self.with { ground in
            let files = try ground.kernelFiles.count
            let undone = [
                try await ground.rollback(), try await ground.rollback(), try await ground.rollback(),
                try await ground.rollback("core", to: files),
            ]
            #expect(undone == [["0002_suggestions.sql"], ["0001_items.sql"], ["0003_rules.sql"], []])
            let left = ["conversations 1", "conversations 2"]
            #expect(try await ground.ledger() == left + MigrationGround.coreEntries(files))
        }
    }

    @Test("What is declared of a table that stays holds on, and what was searched is searched no more")
    func remains() async throws {
        try await MigrationGround.with(on: Self.server.value, plugins: Self.plugins) { ground in
            let (up, down) = (
                "Plugins/Knowledge/migrations/0003_more.sql", "Plugins/Knowledge/migrations/0003_more.down.sql"
            )
            try ground.write(up, "ALTER TABLE knowledge.knowledge_items ADD COLUMN more text;")
            try ground.write(down, "ALTER TABLE knowledge.knowledge_items DROP COLUMN more;")
            try await ground.bootstrapAndMigrate()
            _ = try await ground.rollback("knowledge")
            let search: SQL = "SELECT proname::text AS value FROM pg_proc WHERE proname = 'search_items'"
            #expect(try await ground.column(search) == ["search_items"])
            _ = try await ground.rollback("conversations", to: 1)
            let rules: SQL = "SELECT table_name AS value FROM core.table_rules WHERE module = 'conversations'"
            #expect(try await ground.column(rules) == ["customer_profiles"])
            #expect(try await ground.setup { try await $0.verifySchema() } == [])
        }
    }

    @Test("A file without a down file, edited, or lost keeps everything as it is")
    func refusals() async throws {
        try await Self.with { ground in
            let before = try await ground.catalogue()
            let folder = "Plugins/Conversations/migrations"
            try ground.move("\(folder)/0001_customers.down.sql", to: "\(folder)/aside")
            let missing = await #expect(throws: MigrationError.self) {
                try await ground.rollback("conversations", to: 0)
            }
            #expect(missing?.code == .noRollback && missing?.detail.contains("0001_customers.sql") == true)
            try ground.move("\(folder)/aside", to: "\(folder)/0001_customers.down.sql")
            try ground.write("\(folder)/0001_customers.sql", "SELECT 'something else';")
            let edited = await #expect(throws: MigrationError.self) {
                try await ground.rollback("conversations", to: 0)
            }
            #expect(edited?.code == .edited && edited?.detail.contains("0001_customers.sql") == true)
            try ground.move("\(folder)/0003_rules.sql", to: nil)
            let lost = await #expect(throws: MigrationError.self) { try await ground.rollback("conversations", to: 0) }
            #expect(lost?.code == .lost || lost?.code == .edited)
            let unknown = await #expect(throws: MigrationError.self) { try await ground.rollback("gone") }
            #expect(unknown?.code == .unknownModule)
            try await ground.expectUnchanged(since: before)
        }
    }

    @Test("A down file that fails stays undone's limit: those before it are undone, it and the older ones are not")
    func failure() async throws {
        try await Self.with { ground in
            let path = "Plugins/Conversations/migrations/0001_customers.down.sql"
            try ground.write(path, "DROP TABLE conversations.customer_profiles; SELECT 1 / 0;")
            let error = await #expect(throws: MigrationError.self) {
                try await ground.rollback("conversations", to: 0)
            }
            #expect(error?.code == .failed && error?.detail.contains("0001_customers.sql") == true)
            #expect(error?.detail.contains("division by zero") == true)
            #expect(try await ground.ledger().contains("conversations 1"))
            #expect(try await !ground.ledger().contains("conversations 2"))
            #expect(try await ground.setup { try await $0.verifySchema() } == [])
        }
    }

    @Test("Nothing is undone under a kernel's table that a module refers to")
    func referredTo() async throws {
        try await Self.with { ground in
            let before = try await ground.catalogue()
            _ = try await ground.rollback("core", to: 2)
            let error = await #expect(throws: MigrationError.self) {
                try await ground.rollback("core", to: 1)
            }
            #expect(error?.code == .failed && error?.detail.contains("0002_identity.sql") == true)
            _ = try await ground.migrate()
            try await ground.expectUnchanged(since: before)
        }
    }

    @Test("Nothing is undone while a process serves")
    func serving() async throws {
        try await Self.with { ground in
            let settings = PlatformSettings(
                server: ground.database.settings, master: TestPlatform.master,
                installation: try Installation.find(environment: [:]))
            let platform = try await Platform.start(settings, logger: ground.database.server.logger)
            let error = await #expect(throws: MigrationError.self) {
                try await ground.rollback("knowledge", isConfirmed: true)
            }
            platform.databases.close()
            #expect(error?.code == .stillServing && error?.detail.contains("romashka_auth") == true)
            #expect(try await ground.ledger().contains("knowledge 1"))
        }
    }

    @Test("Where nobody can know who serves, somebody has to say so")
    func unknown() async throws {
        try await Self.with { ground in
            try await ground.database.asSuperuser { admin in
                // As a managed server's administrator may stand there.
                try await admin.run("SET ROLE romashka_m_knowledge")
                let error = await #expect(throws: MigrationError.self) {
                    try await ServingProcesses.requireNone(admin, isConfirmed: false)
                }
                #expect(error?.code == .unconfirmed)
                try await ServingProcesses.requireNone(admin, isConfirmed: true)
            }
        }
    }
}

extension MigrationGround {
    /// The files that were undone, in their order.
    func rollback(_ module: String? = nil, to number: Int? = nil, isConfirmed: Bool = false) async throws -> [String] {
        var undone: [String] = []
        let target = Rollback.Target(module: module, number: number, isConfirmed: isConfirmed)
        _ = try await setup { setup in
            try await setup.rollback(target) { progress in
                if case .undone(_, let file, _) = progress { undone.append(file) }
            }
        }
        return undone
    }

    /// Tables and functions of a schema.
    fileprivate func objects(in module: String) async throws -> [String] {
        try await column(
            """
            SELECT relname::text AS value FROM pg_class WHERE relnamespace = \(module)::text::regnamespace
            UNION ALL
            SELECT proname::text FROM pg_proc WHERE pronamespace = \(module)::text::regnamespace
            """)
    }
}
