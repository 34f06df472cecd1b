import Foundation
internal import Supervision

/// The backups of one data directory, in `backups` below it: a directory for each.
package struct BackupStore: Sendable {
    /// What a backup holds beside the cluster, where the data directory has it.
    static let companions = ["state.json"] + Backup.Part.allCases.map(\.name)

    /// Where the data directory is.
    private let home: String
    var path: String { "\(home)/backups" }

    /// - Parameter directory: the data directory.
    package init(of directory: String) {
        home = FileSystem.resolved(FileSystem.absolute(directory))
    }

    /// Every whole backup, newest first; what was interrupted is none.
    package func list() -> [Backup] {
        FileSystem.names(in: path).filter(Backup.isName).reversed().compactMap { record(of: $0) }
    }

    private func record(of name: String) -> Backup? {
        FileManager.default.contents(atPath: "\(path)/\(name)/backup.json").flatMap {
            try? JSONDecoder().decode(Backup.self, from: $0)
        }
    }

    /// Removes all but the newest.
    ///
    /// - Returns: how many were removed.
    @discardableResult
    package func prune(keeping count: Int) -> Int {
        let old = list().dropFirst(max(1, count))
        for backup in old { FileSystem.remove("\(path)/\(backup.name)") }
        return old.count
    }

    /// Makes a data directory from a backup, which is there as a whole or not at all; the next start on it goes on from
    /// there.
    ///
    /// - Parameter destination: a directory that is empty or not there.
    /// - Returns: the backup, which says what has to come from elsewhere.
    /// - Throws: `EmbeddedPostgresError` when there is no such backup, or something in the way.
    @discardableResult
    package func restore(_ name: String, to destination: String) async throws(EmbeddedPostgresError) -> Backup {
        let source = "\(path)/\(name)"
        guard Backup.isName(name), let backup = record(of: name) else {
            throw EmbeddedPostgresError(
                .backupFailed, "There is no backup \(name) in \(path).", fix: "see `romashka backup list`.")
        }
        let target = FileSystem.resolved(FileSystem.absolute(destination))
        guard FileSystem.names(in: target).isEmpty else {
            throw EmbeddedPostgresError(
                .backupFailed, "\(target) is not empty.", fix: "restore into a new directory, then start there.")
        }
        let parent = URL(fileURLWithPath: target).deletingLastPathComponent().path
        guard !FileSystem.exists(target) || FileSystem.device(of: target) == FileSystem.device(of: parent) else {
            throw EmbeddedPostgresError(
                .backupFailed, "\(target) is where a disk is mounted, which nothing can be moved to as a whole.",
                fix: "restore into a new directory on that disk, then start there.")
        }
        let workshop = "\(target).partial-\(UUID().uuidString)"
        try FileSystem.makeDirectories(workshop)
        defer { FileSystem.remove(workshop) }
        for item in ["data"] + BackupStore.companions where FileSystem.exists("\(source)/\(item)") {
            try await copy("\(source)/\(item)", to: workshop)
        }
        try liken(workshop, to: target)
        try await flush(workshop)
        try FileSystem.rename(workshop, to: target)
        FileSystem.synchronize(directory: parent)
        return backup
    }

    /// Gives a directory the permissions, and as root the owner, of the one whose place it takes, if that is there.
    private func liken(_ directory: String, to other: String) throws(EmbeddedPostgresError) {
        guard let attributes = FileSystem.attributes(of: other) else { return }
        try FileSystem.setPermissions(attributes.permissions, of: directory)
        if geteuid() == 0 { try FileSystem.setOwner(attributes.owner, attributes.group, of: directory) }
    }

    /// Waits until whatever was written below a directory is on the disk.
    func flush(_ directory: String) async throws(EmbeddedPostgresError) {
        let command = Command(try Command.find("sync", package: "coreutils"), ["-f", "--", directory])
        let (exit, output) = try await command.run()
        guard exit.isSuccess else {
            throw EmbeddedPostgresError(
                .backupFailed, "\(directory) could not be written to the disk (\(exit)): \(output)",
                fix: "see what the system says of the disk: `dmesg`.")
        }
    }

    /// Copies a file or a tree into a directory, with owners and permissions.
    func copy(_ source: String, to directory: String) async throws(EmbeddedPostgresError) {
        let command = Command(
            try Command.find("cp", package: "coreutils"), ["-a", "--reflink=auto", "--", source, "\(directory)/"])
        let (exit, output) = try await command.run()
        guard exit.isSuccess else {
            throw EmbeddedPostgresError(
                .backupFailed, "\(source) could not be copied (\(exit)): \(output)",
                fix: "see whether there is room left: `df \(directory)`.")
        }
    }
}
