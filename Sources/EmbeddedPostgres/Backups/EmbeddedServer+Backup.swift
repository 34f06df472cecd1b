import Foundation
package import Logging
internal import Supervision

extension EmbeddedServer {
    /// Copies the running server with all that belongs to it, and checks the copy: every file against its checksum,
    /// and then by starting a server on a copy of the copy.
    ///
    /// - Parameters:
    ///   - without: what the installation keeps outside of the data directory.
    ///   - check: asks the trial server whatever shows that the data is there; says what it found.
    /// - Returns: the backup, which is whole on disk.
    /// - Throws: `EmbeddedPostgresError`, or what `check` throws; nothing is left behind.
    package func backUp(
        without: [Backup.Part] = [], logger: Logger, check: (EmbeddedServer) async throws -> String
    ) async throws -> Backup {
        let store = BackupStore(of: path)
        let started = Date()
        let workshop = "\(store.path)/partial-\(UUID().uuidString)"
        try FileSystem.makeDirectories(store.path)
        for name in FileSystem.names(in: store.path) where name.hasPrefix("partial-") {
            FileSystem.remove("\(store.path)/\(name)")
        }
        try directory.makePrivate(workshop)
        defer { FileSystem.remove(workshop) }

        let bytes = try requireRoom(in: store)
        try await copyCluster(to: workshop)
        let copied = Date()
        let checked = try await tryOut(workshop, store, logger: logger, check: check)
        // Their names are their contents: what is there now is all that the copied rows know, or more.
        for item in BackupStore.companions where FileSystem.exists("\(path)/\(item)") {
            if item == Backup.Part.files.name {
                try await FileTree.share("\(path)/\(item)", as: "\(workshop)/\(item)")
            } else {
                try await store.copy("\(path)/\(item)", to: workshop)
            }
        }
        // The record says that all is there, so it comes after all is on the disk.
        try await store.flush(workshop)
        let backup = Backup(
            name: Backup.name(at: started), version: installation.version, bytes: bytes,
            copySeconds: copied.timeIntervalSince(started), checkSeconds: Date().timeIntervalSince(copied),
            checked: checked, without: outside(without))
        let record = try JSONEncoder().encode(backup)
        try FileSystem.replace("\(workshop)/backup.json", with: record, permissions: 0o600)
        FileSystem.synchronize(directory: workshop)
        try FileSystem.rename(workshop, to: "\(store.path)/\(backup.name)")
        FileSystem.synchronize(directory: store.path)
        return backup
    }

    /// What is outside of the data directory: what its owner says, and what is a symbolic link, which is copied as one.
    private func outside(_ known: [Backup.Part]) -> [Backup.Part] {
        Backup.Part.allCases.filter { part in
            known.contains(part)
                || (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(path)/\(part.name)")) != nil
        }
    }

    /// Fails when a copy of the cluster does not fit, with a copy of that, or later with the files that are not linked.
    ///
    /// - Returns: the size of the cluster.
    private func requireRoom(in store: BackupStore) throws -> Int64 {
        let bytes = FileSystem.size(of: directory.data)
        let files = "\(path)/\(Backup.Part.files.name)"
        // The store may be a symbolic link to another disk.
        let isLinked = FileSystem.device(of: files) == FileSystem.device(of: FileSystem.resolved(store.path))
        let needed = bytes + max(bytes, isLinked ? 0 : FileSystem.size(of: files))
        guard let free = FileSystem.freeBytes(at: store.path), free < needed + 512_000_000 else { return bytes }
        throw EmbeddedPostgresError(
            .backupFailed,
            "A backup takes \(needed / 1_000_000) MB for a while, and \(free / 1_000_000) MB are free.",
            fix: "make room in \(store.path), or move the data directory to a larger disk.")
    }

    private func copyCluster(to workshop: String) async throws(EmbeddedPostgresError) {
        var copy = Command(
            "\(installation.home)/bin/pg_basebackup",
            [
                "-D", "\(workshop)/data", "-h", socketDirectory, "-p", "\(port)", "-U", Self.superuser, "--no-password",
                "--checkpoint=fast", "--wal-method=stream", "--manifest-checksums=SHA256",
            ])
        // Not among the arguments, which everybody on the machine can read.
        copy.environment["PGPASSWORD"] = superuserPassword
        try await run(copy, "copied")
        try await run(
            Command("\(installation.home)/bin/pg_verifybackup", ["--quiet", "\(workshop)/data"]), "verified")
    }

    private func run(_ command: Command, _ what: String) async throws(EmbeddedPostgresError) {
        let (exit, output) = try await command.bound(dyingBy: "KILL", as: directory.account).run()
        guard exit.isSuccess else {
            throw EmbeddedPostgresError(
                .backupFailed, "The cluster could not be \(what) (\(exit)):\n\(output)",
                fix: "remove the cause the lines above name; the next backup is tried by itself.")
        }
    }

    /// Starts a server on a copy of the copy: the copy itself must stay as it was verified.
    private func tryOut(
        _ workshop: String, _ store: BackupStore, logger: Logger, check: (EmbeddedServer) async throws -> String
    ) async throws -> String {
        let trial = "\(store.path)/partial-\(UUID().uuidString)"
        try FileSystem.makeDirectory(trial, permissions: 0o711)
        defer { FileSystem.remove(trial) }
        try await store.copy("\(workshop)/data", to: trial)
        try await store.copy(directory.state, to: trial)
        var configuration = EmbeddedServer.Configuration(
            installation: installation, mode: .persistent(directory: trial))
        configuration.settings = ["shared_buffers": "32MB", "max_connections": "20"]
        let server = try await EmbeddedServer.start(configuration, logger: logger)
        do {
            let found = try await check(server)
            await server.stop()
            return found
        } catch {
            await server.stop()
            throw error
        }
    }
}
