import Foundation
import Logging
import Supervision
import Testing

@testable import EmbeddedPostgres

/// A place to try a server: an installation and a directory of its own, removed at the end.
struct Bench: Sendable {
    /// The server's programs.
    let installation: PostgresInstallation

    /// A directory below `/tmp` that everybody may enter.
    let root: String

    /// Where the server goes.
    var directory: String { "\(root)/server" }

    /// Runs a body with a bench of its own.
    static func with(_ body: (Bench) async throws -> Void) async throws {
        let installation = try await find()
        let root = "/tmp/romashka-bench-\(UUID().uuidString.prefix(8))"
        try FileSystem.makeDirectories(root)
        defer { FileSystem.remove(root) }
        try await body(Bench(installation: installation, root: root))
    }

    /// Runs a body with a server, which is stopped afterwards.
    static func withServer(
        _ configuration: EmbeddedServer.Configuration,
        _ body: (EmbeddedServer) async throws -> Void
    ) async throws {
        let server = try await EmbeddedServer.start(configuration, logger: Logger(label: "test"))
        do {
            try await body(server)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    /// The server the tests are run on.
    static func find() async throws -> PostgresInstallation {
        try await .find(home: ProcessInfo.processInfo.environment["ROMASHKA_TEST_POSTGRES_HOME"])
    }

    /// Whether there is one; a machine without one cannot run these tests.
    static func isPossible() async -> Bool {
        (try? await find()) != nil
    }

    /// The configuration of a server that keeps its data.
    var persistent: EmbeddedServer.Configuration {
        EmbeddedServer.Configuration(installation: installation, mode: .persistent(directory: directory))
    }

    /// Waits until a condition holds.
    static func until(_ limit: Duration = .seconds(30), _ condition: () -> Bool) async throws -> Bool {
        let deadline = ContinuousClock.now + limit
        while !condition() {
            guard ContinuousClock.now < deadline else { return false }
            try await Task.sleep(for: .milliseconds(20))
        }
        return true
    }

    /// The code of the error that starting a server ends with; a server that starts is stopped.
    static func codeOfFailure(_ configuration: EmbeddedServer.Configuration) async -> EmbeddedPostgresError.Code? {
        do throws(EmbeddedPostgresError) {
            let server = try await EmbeddedServer.start(configuration, logger: Logger(label: "test"))
            await server.stop()
            return nil
        } catch {
            return error.code
        }
    }
}

extension EmbeddedServer {
    /// Runs SQL by way of the server's own `psql`.
    ///
    /// - Parameters:
    ///   - sql: the statement.
    ///   - connection: a URL or connection string; by default that of the TCP port.
    /// - Returns: whether it succeeded, and what was printed.
    func sql(_ sql: String, connection: String? = nil) async -> (isSuccess: Bool, output: String) {
        let arguments = ["-X", "-A", "-t", "-w", "-q", "-c", sql, connection ?? url()]
        do throws(EmbeddedPostgresError) {
            let (exit, output) = try await Command("\(installation.home)/bin/psql", arguments).run()
            return (exit.isSuccess, output.trimmingCharacters(in: .whitespacesAndNewlines))
        } catch {
            return (false, error.description)
        }
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips a test where there is no PostgreSQL to run.
    static var needsPostgres: Self {
        .enabled("there is no PostgreSQL server on this machine; run deploy/setup") { await Bench.isPossible() }
    }

    /// Skips a test that needs the rights of root.
    static var needsRoot: Self {
        .enabled(if: geteuid() == 0, "only root can run a server as another user")
    }
}
