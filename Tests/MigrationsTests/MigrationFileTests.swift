import Foundation
import Migrations
import Testing

@Suite("MigrationFile")
struct MigrationFileTests {
    private static func list(_ names: [String]) throws -> [MigrationFile] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("migrations-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in names { try Data("SELECT '\(name)';".utf8).write(to: folder.appendingPathComponent(name)) }
        return try MigrationFile.list(in: folder.path)
    }

    @Test("Files come in the order of their numbers, with what undoes them")
    func order() throws {
        let files = try Self.list(["0002_b.sql", "0001_a.sql", "0001_a.down.sql", "README.md"])
        #expect(files.map(\.number) == [1, 2] && files.map(\.name) == ["0001_a.sql", "0002_b.sql"])
        #expect(files[0].rollback == "SELECT '0001_a.down.sql';" && files[1].rollback == nil)
        #expect(files[0].checksum.count == 32 && files[0].checksum != files[1].checksum)
    }

    @Test("A folder that is empty or missing holds none")
    func empty() throws {
        #expect(try Self.list([]).isEmpty)
        #expect(try MigrationFile.list(in: "/nowhere/at/all").isEmpty)
    }

    @Test(
        "Gaps, repeated numbers and names without a number are refused",
        arguments: [
            ["0002_b.sql"], ["0001_a.sql", "0003_c.sql"], ["0001_a.sql", "0001_b.sql"], ["0000_a.sql"], ["a.sql"],
            ["x1_a.sql"],
        ])
    func misnumbered(names: [String]) throws {
        let error = try #require(throws: MigrationError.self) { try Self.list(names) }
        #expect(error.code == .misnumbered)
    }
}
