import Foundation
import Logging
import Testing

@testable import EmbeddedPostgres

@Suite("Backups of the embedded server", .needsPostgres)
struct BackupTests {
    private static let count = "SELECT count(*) FROM dish"

    private static func serve(_ server: EmbeddedServer) async {
        _ = await server.sql("CREATE TABLE dish AS SELECT n FROM generate_series(1, 5000) AS n")
    }

    private static func backUp(_ server: EmbeddedServer, without: [Backup.Part] = []) async throws -> Backup {
        try await server.backUp(without: without, logger: Logger(label: "test")) { trial in
            #expect(trial.path != server.path && trial.port != server.port)
            return await trial.sql(BackupTests.count).output
        }
    }

    @Test("a backup of a running server is tried out, and a server on what is restored from it has the same rows")
    func restore() async throws {
        try await Bench.with { bench in
            try await Bench.withServer(bench.persistent) { server in
                await BackupTests.serve(server)
                try FileSystem.makeDirectory("\(server.path)/files", permissions: 0o700)
                try Data("picture".utf8).write(to: URL(fileURLWithPath: "\(server.path)/files/one"))
                let backup = try await BackupTests.backUp(server, without: [.masterSecret])
                #expect(backup.checked == "5000" && backup.bytes > 1_000_000)
                #expect(backup.without == [.masterSecret])
                _ = await server.sql("DROP TABLE dish")

                let store = BackupStore(of: server.path)
                #expect(store.list() == [backup])
                #expect(try await store.restore(backup.name, to: "\(bench.root)/restored") == backup)
                // The old server still runs: the new one finds itself another port.
                var configuration = bench.persistent
                configuration.mode = .persistent(directory: "\(bench.root)/restored")
                try await Bench.withServer(configuration) { restored in
                    #expect(await restored.sql(BackupTests.count).output == "5000")
                }
                #expect(FileSystem.text(of: "\(bench.root)/restored/files/one") == "picture")
            }
        }
    }

    @Test("files behind a symbolic link are not inside, and the backup says so")
    func link() async throws {
        try await Bench.with { bench in
            try await Bench.withServer(bench.persistent) { server in
                await BackupTests.serve(server)
                try FileSystem.makeDirectory("\(bench.root)/elsewhere", permissions: 0o700)
                try FileManager.default.createSymbolicLink(
                    atPath: "\(server.path)/files", withDestinationPath: "\(bench.root)/elsewhere")
                #expect(try await BackupTests.backUp(server).without == [.files])
            }
        }
    }

    @Test("a record that does not say what is not inside is one of an older version")
    func olderRecord() throws {
        let root = "/tmp/romashka-bench-\(UUID().uuidString.prefix(8))"
        let folder = "\(root)/backups/20261121T010203Z"
        try FileSystem.makeDirectories(folder)
        defer { FileSystem.remove(root) }
        let record = """
            {"name": "20261121T010203Z", "version": "18", "bytes": 1, "copySeconds": 1, "checkSeconds": 1,
             "checked": ""}
            """
        try FileSystem.replace("\(folder)/backup.json", with: Data(record.utf8), permissions: 0o600)
        #expect(BackupStore(of: root).list().map(\.without) == [[]])
    }

    @Test("a copy with a damaged page is no backup, and leaves nothing behind")
    func damaged() async throws {
        try await Bench.with { bench in
            try await Bench.withServer(bench.persistent) { server in
                await BackupTests.serve(server)
                let path = await server.sql("CHECKPOINT; SELECT pg_relation_filepath('dish')").output
                let file = try #require(FileHandle(forUpdatingAtPath: "\(server.path)/data/\(path)"))
                try file.seek(toOffset: 5000)
                try file.write(contentsOf: Data("burnt".utf8))
                try file.close()
                await #expect(throws: EmbeddedPostgresError.self) { try await BackupTests.backUp(server) }
                #expect(FileSystem.names(in: "\(server.path)/backups").isEmpty)
            }
        }
    }

    @Test("a backup in which the data is not found is none")
    func empty() async throws {
        struct Missing: Error {}
        try await Bench.with { bench in
            try await Bench.withServer(bench.persistent) { server in
                await #expect(throws: Missing.self) {
                    try await server.backUp(logger: Logger(label: "test")) { _ in throw Missing() }
                }
                #expect(FileSystem.names(in: "\(server.path)/backups").isEmpty)
            }
        }
    }

    @Test("the newest stay, the oldest go, and what was interrupted is none of them")
    func prune() throws {
        let root = "/tmp/romashka-bench-\(UUID().uuidString.prefix(8))"
        try FileSystem.makeDirectories("\(root)/backups/partial-1")
        defer { FileSystem.remove(root) }
        let names = ["20261119T010203Z", "20261120T010203Z", "20261121T010203Z"]
        for name in names {
            try FileSystem.makeDirectories("\(root)/backups/\(name)")
            let backup = Backup(name: name, version: "18", bytes: 1, copySeconds: 1, checkSeconds: 1, checked: "")
            try FileSystem.replace(
                "\(root)/backups/\(name)/backup.json", with: JSONEncoder().encode(backup), permissions: 0o600)
        }
        let store = BackupStore(of: root)
        #expect(store.prune(keeping: 2) == 1)
        #expect(store.list().map(\.name) == names.dropFirst().reversed())
    }

    /// A directory with a backup that no server has written.
    private static func withMadeUp(_ body: (_ root: String, _ backup: Backup) async throws -> Void) async throws {
        let root = "/tmp/romashka-bench-\(UUID().uuidString.prefix(8))"
        let backup = Backup(
            name: "20261121T010203Z", version: "18", bytes: 1, copySeconds: 1, checkSeconds: 1, checked: "")
        let folder = "\(root)/backups/\(backup.name)"
        try FileSystem.makeDirectories("\(folder)/data")
        defer { FileSystem.remove(root) }
        try FileSystem.replace("\(folder)/data/PG_VERSION", with: Data("18\n".utf8), permissions: 0o600)
        try FileSystem.replace("\(folder)/backup.json", with: JSONEncoder().encode(backup), permissions: 0o600)
        try await body(root, backup)
    }

    @Test("what is restored takes the place of an empty directory, with its permissions, and nothing else is left")
    func restoreIntoEmpty() async throws {
        try await BackupTests.withMadeUp { root, backup in
            try FileSystem.makeDirectory("\(root)/restored", permissions: 0o700)
            try await BackupStore(of: root).restore(backup.name, to: "\(root)/restored")
            #expect(FileSystem.names(in: "\(root)/restored") == ["data"])
            #expect(FileSystem.text(of: "\(root)/restored/data/PG_VERSION") == "18\n")
            #expect(FileSystem.attributes(of: "\(root)/restored")?.permissions == 0o700)
            #expect(FileSystem.names(in: root) == ["backups", "restored"])
        }
    }

    @Test("a restore that fails on its way leaves nothing behind")
    func restoreFails() async throws {
        try await BackupTests.withMadeUp { root, backup in
            // A directory cannot be copied into itself, which shows when some of it is copied.
            let inside = "\(root)/backups/\(backup.name)/data"
            await #expect(throws: EmbeddedPostgresError.self) {
                try await BackupStore(of: root).restore(backup.name, to: "\(inside)/restored")
            }
            #expect(FileSystem.names(in: inside) == ["PG_VERSION"])
        }
    }

    @Test(
        "nothing but a backup's name is restored, and only into an empty place",
        arguments: ["../../etc", "20261121T010203Z/..", "", "nothing", "20260101T000000Z"])
    func refused(name: String) async throws {
        let root = "/tmp/romashka-bench-\(UUID().uuidString.prefix(8))"
        try FileSystem.makeDirectories("\(root)/backups")
        defer { FileSystem.remove(root) }
        await #expect(throws: EmbeddedPostgresError.self) {
            try await BackupStore(of: root).restore(name, to: "\(root)/restored")
        }
        #expect(!FileSystem.exists("\(root)/restored"))
    }

    @Test("the name says when it was begun, in UTC")
    func name() {
        #expect(Backup.name(at: Date(timeIntervalSince1970: 1_795_246_500)) == "20261121T073500Z")
    }
}
