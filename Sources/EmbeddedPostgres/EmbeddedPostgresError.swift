/// Why PostgreSQL could not be found, started or stopped, and what to do about it.
package struct EmbeddedPostgresError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong, as a word that stays the same from release to release.
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        /// No PostgreSQL on this machine.
        package static let notInstalled = Code("postgres_not_installed")
        /// There are server binaries, but they don't run.
        package static let installationUnusable = Code("postgres_unusable")
        /// The package with the server could not be downloaded or unpacked.
        package static let installFailed = Code("postgres_install_failed")
        /// A program of the system is missing.
        package static let toolMissing = Code("tool_missing")
        /// Another process runs a server on this directory.
        package static let directoryInUse = Code("directory_in_use")
        /// The server's user may not enter the directory.
        package static let directoryUnreachable = Code("directory_unreachable")
        /// The directory or its data belongs to another user.
        package static let directoryForeign = Code("directory_foreign")
        /// The data was written by another major version.
        package static let versionMismatch = Code("postgres_version_mismatch")
        /// There is data, but the file with its password is gone or unreadable.
        package static let stateLost = Code("state_lost")
        /// `initdb` failed.
        package static let initializationFailed = Code("initdb_failed")
        /// The server ended while starting.
        package static let startFailed = Code("postgres_start_failed")
        /// The server was not ready in time.
        package static let startTimedOut = Code("postgres_start_timed_out")
        /// The directory for the socket was made by someone else.
        package static let socketDirectoryUnsafe = Code("socket_directory_unsafe")
        /// A backup could not be made, checked or restored.
        package static let backupFailed = Code("backup_failed")
        /// A file could not be read or written.
        package static let fileSystem = Code("file_system")
        /// The task that started the server was cancelled.
        package static let cancelled = Code("cancelled")

        /// The stable word.
        package let description: String

        /// Creates a code; only this file does.
        private init(_ description: String) {
            self.description = description
        }
    }

    /// What went wrong, for programs.
    package let code: Code

    /// What went wrong, for people.
    package let message: String

    /// What to do about it.
    package let fix: String

    /// Both texts and the code, on one line unless the message has more.
    package var description: String {
        "\(message) Fix: \(fix) [\(code)]"
    }

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - code: what went wrong, for programs.
    ///   - message: what went wrong, as a sentence.
    ///   - fix: what to do about it, as a sentence.
    init(_ code: Code, _ message: String, fix: String) {
        self.code = code
        self.message = message
        self.fix = fix
    }

    /// The error of a task that was cancelled while the server started.
    static let cancelled = EmbeddedPostgresError(
        .cancelled, "Starting PostgreSQL was cancelled.", fix: "start it again."
    )
}
