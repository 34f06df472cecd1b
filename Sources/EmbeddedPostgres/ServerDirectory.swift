import Foundation

/// The directory of one server: its data, and beside them all that is needed to run it again.
///
/// `data` the cluster · `state.json` password and port · `server.log` what the server says until it has opened its own
/// log · `log/` its own log, a file for each weekday · `lock` held while a host runs the server.
struct ServerDirectory: Sendable {
    /// The directory's absolute path, without symbolic links.
    let path: String

    /// The user the server runs as, if not the present one.
    let account: ServerAccount?

    /// The cluster.
    var data: String { "\(path)/data" }
    /// Password and port.
    var state: String { "\(path)/state.json" }
    /// What the server says until it has opened its own log.
    var startLog: String { "\(path)/server.log" }
    /// The server's own log.
    var logs: String { "\(path)/log" }
    /// Held while a host runs the server.
    var lock: String { "\(path)/lock" }

    /// Where the socket is: short, because the path of a socket may have 107 bytes only.
    var socketDirectory: String {
        var hash: UInt32 = 2_166_136_261
        for byte in path.utf8 { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        let digits = String(hash, radix: 16)
        return "/tmp/romashka-" + String(repeating: "0", count: 8 - digits.count) + digits
    }

    /// Creates the directory if it is missing, and makes sure that the server's user can reach it.
    ///
    /// - Parameter directory: the path, absolute or seen from the working directory.
    init(_ directory: String) throws(EmbeddedPostgresError) {
        let path = FileSystem.absolute(directory)
        try FileSystem.makeDirectories(path)
        self.path = FileSystem.resolved(path)
        account = try ServerAccount.choose(forData: "\(self.path)/data")
        try open()
        try checkReachable()
    }

    /// The directory of a server that was started before; for cleaning up after it.
    init(existing path: String) {
        self.path = path
        account = nil
    }

    /// Makes the directory private, apart from the server's way through it.
    private func open() throws(EmbeddedPostgresError) {
        guard let attributes = FileSystem.attributes(of: path) else { throw FileSystem.failure("read", path) }
        let isOwn = attributes.owner == geteuid()
        guard isOwn || geteuid() == 0 else {
            throw EmbeddedPostgresError(
                .directoryForeign,
                "The server directory \(path) belongs to another user.",
                fix: "run as that user or as root, or choose another directory."
            )
        }
        if isOwn { try FileSystem.setPermissions(account == nil ? 0o700 : 0o711, of: path) }
    }

    /// Fails with the name of the directory that keeps the server's user out.
    private func checkReachable() throws(EmbeddedPostgresError) {
        guard let account, let closed = account.firstClosedDirectory(to: path) else { return }
        throw EmbeddedPostgresError(
            .directoryUnreachable,
            """
            PostgreSQL runs as the user \(account.name), who may not enter \(closed) \
            on the way to the server directory \(path).
            """,
            fix: "choose a directory elsewhere, such as /var/lib/romashka/data, or allow entry: `chmod a+x \(closed)`."
        )
    }

    /// Creates a directory for the server's user alone.
    func makePrivate(_ directory: String) throws(EmbeddedPostgresError) {
        try FileSystem.makeDirectory(directory, permissions: 0o700)
        if let account { try FileSystem.setOwner(account.user, account.group, of: directory) }
    }

    /// Creates the directory for the socket, or makes sure that the one that is there is safe.
    ///
    /// Anybody can create names in `/tmp`: whoever owned the directory could put a socket of his own in it.
    func makeSocketDirectory(port: Int) throws(EmbeddedPostgresError) {
        let directory = socketDirectory
        // An empty one is what a killed host has left, and goes.
        rmdir(directory)
        if let attributes = FileSystem.attributes(of: directory) {
            let owner = account?.user ?? geteuid()
            guard attributes.isDirectory, attributes.owner == owner, attributes.permissions & 0o077 == 0 else {
                throw EmbeddedPostgresError(
                    .socketDirectoryUnsafe,
                    "The directory for the socket, \(directory), is not private to the user who runs PostgreSQL.",
                    fix: "find out who made it, then remove it: `rm -r \(directory)`."
                )
            }
        } else {
            try makePrivate(directory)
        }
        removeSocket(port: port)
    }

    /// Removes the socket of a server that has ended.
    func removeSocket(port: Int) {
        unlink("\(socketDirectory)/.s.PGSQL.\(port)")
        unlink("\(socketDirectory)/.s.PGSQL.\(port).lock")
    }

    /// Removes the socket of a server that has ended, and the socket's directory unless it is used by another.
    func removeSocketDirectory(port: Int) {
        removeSocket(port: port)
        rmdir(socketDirectory)
    }

    /// The last lines the server has written, for an error message.
    func recentLog(lines count: Int = 12) -> String {
        let newest = FileSystem.names(in: logs).map { "\(logs)/\($0)" }.max { modified($0) < modified($1) }
        let texts = [startLog, newest].compactMap { $0 }.map { FileSystem.end(of: $0, bytes: 8192) }
        return texts.joined().split(separator: "\n").suffix(count).joined(separator: "\n")
    }

    /// When a file was last written.
    private func modified(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mtim.tv_sec : 0
    }
}
