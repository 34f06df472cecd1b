import Foundation

/// The directory below `/tmp` that holds the servers of tests, each in a directory of its own.
///
/// A test process rarely ends in order, so whoever comes next removes what others have left.
enum EphemeralArea {
    /// Claims a new directory, after removing those whose host has ended.
    ///
    /// - Returns: the directory and the right to it.
    static func claim() throws(EmbeddedPostgresError) -> (directory: ServerDirectory, lock: DirectoryLock) {
        let area = "/tmp/romashka-ephemeral-\(geteuid())"
        try open(area)
        // Held for the claim only: a directory that is made but not locked yet must not look abandoned.
        let claim = try DirectoryLock.wait("\(area)/lock")
        defer { withExtendedLifetime(claim) {} }
        for name in FileSystem.names(in: area) where name != "lock" {
            sweep(ServerDirectory(existing: "\(area)/\(name)"))
        }
        let directory = try ServerDirectory("\(area)/\(UUID().uuidString.prefix(8).lowercased())")
        return (directory, try DirectoryLock.take(directory.lock))
    }

    /// Creates the area, or makes sure that the one that is there is ours.
    private static func open(_ area: String) throws(EmbeddedPostgresError) {
        if mkdir(area, 0o711) == 0 { return try FileSystem.setPermissions(0o711, of: area) }
        guard let attributes = FileSystem.attributes(of: area), attributes.isDirectory, attributes.owner == geteuid()
        else {
            throw EmbeddedPostgresError(
                .directoryForeign,
                "The directory for test servers, \(area), belongs to another user.",
                fix: "find out who made it, then remove it: `rm -r \(area)`."
            )
        }
    }

    /// Removes a directory, unless its host or its server is still there.
    private static func sweep(_ directory: ServerDirectory) {
        guard let lock = try? DirectoryLock.tryTake(directory.lock) else { return }
        defer { withExtendedLifetime(lock) {} }
        if let file = PostmasterFile(data: directory.data), file.isAlive(data: directory.data) { return }
        if let state = try? ServerState.load(directory.state) { directory.removeSocketDirectory(port: state.port) }
        FileSystem.remove(directory.path)
    }
}
