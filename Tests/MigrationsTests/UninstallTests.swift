import Files
import Foundation
import Migrations
import Platform
import PluginHost
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// A module taken out for good, and put back, on a real database.
@Suite("Uninstall", .serialized)
struct UninstallTests {
    private static let server = Task { try await TestServer.start() }
    static let module = MigrationGround.zanzibar

    /// Runs `body` on a database with the module migrated; `before` is what its catalogue holds then.
    static func with(
        _ body: (_ ground: MigrationGround, _ before: [String], _ files: FileSettings) async throws -> Void
    ) async throws {
        try await MigrationGround.with(on: Self.server.value) { ground in
            try ground.addZanzibar()
            #expect(try await ground.bootstrapAndMigrate().compactMap(\.failure) == [])
            var files = FileSettings()
            files.place = .directory("\(ground.home)/files")
            files.reserve = .none
            try await body(ground, try await ground.catalogue(), files)
        }
    }

    @Test(
        "P4: Dropped, no row of any kernel table names it but events and the line that it is out, and it comes back as new"
    )
    func drop() async throws {
        try await Self.with { ground, before, files in
            let tenants = try await ground.plantRows()
            _ = try await ground.plantFile(tenants[0], Array("hello".utf8), in: files)
            try await ground.plantTraces(tenants[0])
            // Every table that can name a module does so now: a new one needs a row in `plantTraces`.
            let naming = Set(try await ground.tablesNaming(Self.module))
            let columns = try await ground.tablesWithModuleColumn()
            #expect(columns.filter { !naming.contains($0) } == [])

            let report = try await ground.uninstall(Self.module, .drop, isConfirmed: true, files)
            #expect(report.tables.map(\.table) == ["zanzibar.moments", "zanzibar.things"])
            #expect(report.tables.map(\.rows) == [2, 6])
            #expect(report.contents == 1 && !report.areRolesKept && report.removed["core.tenant_modules"] == 2)
            #expect(try await ground.tablesNaming(Self.module) == ["core.events", "core.modules"])
            #expect(try await ground.column(Self.remains) == [])
            #expect(try await ground.column("SELECT stored_bytes::text AS value FROM core.file_usage") == ["0"])
            #expect(try ground.storedFiles() == [])
            // What others have stays.
            #expect(
                try await ground.column("SELECT permissions::text AS value FROM core.roles") == [
                    #"{"other.read": "team"}"#
                ])
            #expect(
                try await ground.column("SELECT name || permissions::text AS value FROM core.api_keys") == [
                    "both{other.read}"
                ])
            #expect(
                try await ground.column("SELECT module_id || permissions::text AS value FROM core.hooks") == [
                    "other{other.read}"
                ])
            #expect(try await ground.setup { try await $0.verifySchema() } == [])

            // Its folder is still there, and it is out all the same.
            #expect(try await ground.migrate().map(\.module) == ["core"])
            #expect(try await ground.column(Self.remains) == [])
            try await ground.database.asSuperuser { try await $0.run("DELETE FROM core.events") }
            #expect(try await ground.install().compactMap(\.failure) == [])
            try await ground.expectUnchanged(since: before)
            #expect(try await ground.column("SELECT id::text AS value FROM zanzibar.things") == [])
        }
    }

    /// Schema and roles of the module.
    private static let remains: SQL = """
        SELECT rolname::text AS value FROM pg_roles WHERE rolname ~ 'zanzibar'
        UNION ALL
        SELECT nspname::text FROM pg_namespace WHERE nspname ~ 'zanzibar'
        """

    @Test("P4: Kept, its rows stay guarded, nothing is enqueued or scheduled for it, and it comes back with them")
    func keep() async throws {
        try await Self.with { ground, before, files in
            _ = try await ground.plantRows()
            let report = try await ground.uninstall(Self.module, .keep, files)
            #expect(report.tables.map(\.rows) == [2, 6] && report.removed.isEmpty)
            #expect(try await ground.migrate().map(\.module) == ["core"])
            #expect(try await ground.setup { try await $0.verifySchema() } == [])
            for table in ["event_subscriptions", "schedule_kinds", "job_queues", "commands"] {
                let rows = try await ground.column("SELECT module AS value FROM core.\(unsafeSQL: table)")
                #expect(rows == [], "\(table)")
            }
            #expect(try await ground.status().uninstalled == ["zanzibar"])
            #expect(try await ground.status().modules == [:])
            let again = await #expect(throws: UninstallError.self) {
                try await ground.uninstall(Self.module, .keep, files)
            }
            #expect(again?.code == .uninstalled)
            #expect(try await ground.install().compactMap(\.failure) == [])
            try await ground.expectUnchanged(since: before)
            #expect(try await ground.column("SELECT title AS value FROM zanzibar.things").count == 6)
            #expect(try await ground.status().uninstalled == [])
        }
    }

    @Test("What was kept can be dropped later, also when its folder is gone and its tenants never switched it off")
    func keptThenDropped() async throws {
        try await Self.with { ground, _, files in
            _ = try await ground.plantRows()
            _ = try await ground.uninstall(Self.module, .keep, files)
            try ground.move("Plugins/zanzibar", to: nil)
            try await ground.database.asSuperuser { try await $0.run("UPDATE core.tenant_modules SET enabled = true") }
            #expect(try await ground.uninstall(Self.module, .drop, isConfirmed: true, files).tables.count == 2)
            #expect(try await ground.column(Self.remains) == [])
            let error = await #expect(throws: UninstallError.self) { try await ground.install() }
            #expect(error?.code == .unknown)
        }
    }

    @Test("P4: An export has every row and file with its tenant, and the numbers, before anything is dropped")
    func export() async throws {
        try await Self.with { ground, before, files in
            let tenants = try await ground.plantRows()
            let file = try await ground.plantFile(tenants[1], Array("hello".utf8), in: files)
            let folder = "\(ground.home)/exported"
            let report = try await ground.uninstall(Self.module, .export(folder: folder), files)
            let rights = try FileManager.default.attributesOfItem(atPath: folder)[.posixPermissions] as? NSNumber
            #expect(rights?.intValue == 0o700)
            #expect(report.folder == folder && report.tables.map(\.rows) == [2, 6] && report.contents == 1)
            let summary = try JSONParser.parse(
                Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/export.json"))))
            #expect(summary["module"] == "zanzibar" && summary["version"] == "1.2.3" && summary["files"]?["count"] == 1)
            for entry in (summary["tables"]?.array ?? []) + (summary["kernel"]?.array ?? []) {
                let lines = try ground.lines("exported/\(try #require(entry["file"]?.string))")
                #expect(entry["rows"] == .integer(Int64(lines.count)), "\(entry)")
                for line in lines {
                    #expect(tenants.map(\.description).contains(line["tenant_id"]?.string ?? ""), "\(line)")
                }
            }
            let titles = try ground.lines("exported/things.jsonl").compactMap { $0["title"]?.string }
            #expect(Set(titles) == ["a \"quoted\" word", "naïve\nlines", "third"] && titles.count == 6)
            #expect(try ground.lines("exported/kernel/tenant_modules.jsonl").first?["settings"]?["greeting"] == "Ahoy")
            #expect(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/files/\(file)")) == Data("hello".utf8))
            #expect(try await ground.tablesNaming(Self.module) == ["core.events", "core.modules"])
            #expect(try await ground.column(Self.remains) == [])
            #expect(try await ground.install().compactMap(\.failure) == [])
            try await ground.expectUnchanged(since: before)
        }
    }

    @Test("An export that fails drops nothing and leaves no folder", arguments: ["taken", "below a file", "file gone"])
    func failedExport(how: String) async throws {
        try await Self.with { ground, _, files in
            let tenants = try await ground.plantRows()
            _ = try await ground.plantFile(tenants[0], Array("hello".utf8), in: files)
            var folder = "\(ground.home)/exported"
            var code = UninstallError.Code.exportFailed
            switch how {
            case "taken":
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                code = .folderTaken
            case "below a file":
                try ground.write("exported", "")
                folder += "/inner"
            default: for path in try ground.storedFiles() { try FileManager.default.removeItem(atPath: path) }
            }
            let before = try await ground.catalogue()
            let names = try FileManager.default.contentsOfDirectory(atPath: ground.home).sorted()
            let error = await #expect(throws: UninstallError.self) {
                try await ground.uninstall(Self.module, .export(folder: folder), files)
            }
            #expect(error?.code == code, "\(error as Any)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: ground.home).sorted() == names)
            try await ground.expectUnchanged(since: before)
            #expect(try await ground.column("SELECT title AS value FROM zanzibar.things").count == 6)
            #expect(try await ground.column("SELECT name AS value FROM core.files") == ["a.txt"])
        }
    }

    @Test("Roles that another database of the server uses stay, without any right here")
    func sharedRoles() async throws {
        try await Self.with { one, _, files in
            try await MigrationGround.with(on: Self.server.value) { other in
                try other.addZanzibar()
                try await other.bootstrapAndMigrate()
                #expect(try await one.uninstall(Self.module, .drop, isConfirmed: true, files).areRolesKept)
                #expect(try await one.setup { try await $0.verifySchema() } == [])
                #expect(try await other.setup { try await $0.verifySchema() } == [])
                #expect(try await other.uninstall(Self.module, .drop, isConfirmed: true, files).areRolesKept == false)
            }
            #expect(try await one.install().compactMap(\.failure) == [])
        }
    }
}
