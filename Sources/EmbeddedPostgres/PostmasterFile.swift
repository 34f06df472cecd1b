import Foundation

/// What `postmaster.pid`, which PostgreSQL keeps in its data directory, says about a server.
struct PostmasterFile: Sendable {
    /// The server's process.
    let process: pid_t

    /// Whether it accepts connections.
    let isReady: Bool

    /// The directory of its Unix socket, once it has one.
    let socketDirectory: String?

    /// Reads the file of a data directory; nothing if there is none, or one that is not complete yet.
    init?(data: String) {
        let lines = FileSystem.text(of: Self.path(data: data))?.split(separator: "\n", omittingEmptySubsequences: false)
        guard let lines, let first = lines.first, let process = pid_t(first) else { return nil }
        self.process = process
        socketDirectory = lines.count > 4 && lines[4].hasPrefix("/") ? String(lines[4]) : nil
        isReady = lines.count > 7 && lines[7].hasPrefix("ready")
    }

    /// Where the file is.
    static func path(data: String) -> String {
        "\(data)/postmaster.pid"
    }

    /// Whether the process is there and is a server on this data directory, not a stranger with the same number.
    ///
    /// A server works in its data directory; one that has ended and was not reaped by its parent has none.
    func isAlive(data: String) -> Bool {
        var own = stat()
        var other = stat()
        guard stat(data, &own) == 0, kill(process, 0) == 0 || errno == EPERM else { return false }
        if stat("/proc/\(process)/cwd", &other) == 0 {
            return own.st_dev == other.st_dev && own.st_ino == other.st_ino
        }
        guard errno == EACCES else { return false }
        return FileSystem.text(of: "/proc/\(process)/cmdline")?.contains("postgres") ?? false
    }
}
