import Foundation
package import Logging
package import Supervision

/// A PostgreSQL server that lives as long as this process.
///
/// However the process ends, by ``stop()``, by a crash or by `kill -9`, the server ends too: the system sends it the
/// signal for an orderly shutdown. The next start on the same directory waits for that and goes on with the same data.
package final class EmbeddedServer: Sendable {
    /// The name of the superuser.
    package static let superuser = "postgres"

    /// The TCP port on 127.0.0.1; the same from start to start unless something else took it.
    package var port: Int { state.port }

    /// The directory of the Unix socket, which only the server's user and root may enter.
    package var socketDirectory: String { directory.socketDirectory }

    /// The superuser's password, which stays the same for the life of the data.
    package var superuserPassword: String { state.password }

    /// The server's process.
    package var processIdentifier: Int32 { process.id }

    /// The directory that holds the data and all that belongs to it.
    package var path: String { directory.path }

    /// The programs the server was started with.
    package let installation: PostgresInstallation

    /// How the server is run.
    private let configuration: Configuration

    /// Where it is run.
    let directory: ServerDirectory

    /// The right to run it there.
    private let lock: DirectoryLock

    /// Its process.
    private let process: ChildProcess

    /// Its password and port.
    private let state: ServerState

    /// Takes over a server that accepts connections.
    private init(start: ServerStart, lock: DirectoryLock, process: ChildProcess, state: ServerState) {
        installation = start.installation
        configuration = start.configuration
        directory = start.directory
        self.lock = lock
        self.process = process
        self.state = state
    }

    /// Starts a server, creating its data if there is none, and returns when it accepts connections.
    ///
    /// - Parameters:
    ///   - configuration: how the server is run.
    ///   - logger: is told what takes long.
    package static func start(
        _ configuration: Configuration,
        logger: Logger
    ) async throws(EmbeddedPostgresError) -> EmbeddedServer {
        let directory: ServerDirectory
        let lock: DirectoryLock
        switch configuration.mode {
        case .persistent(let path):
            directory = try ServerDirectory(path)
            lock = try DirectoryLock.take(directory.lock)
        case .ephemeral:
            (directory, lock) = try EphemeralArea.claim()
        }
        do {
            let start = ServerStart(
                configuration: configuration,
                directory: directory,
                installation: try await configuration.installation.reachable(for: directory.account),
                logger: logger
            )
            let (process, state) = try await start.run()
            logger.info("PostgreSQL accepts connections", metadata: ["port": "\(state.port)"])
            return EmbeddedServer(start: start, lock: lock, process: process, state: state)
        } catch {
            if configuration.mode == .ephemeral { FileSystem.remove(directory.path) }
            throw error
        }
    }

    /// The URL of a database, with the superuser's password.
    package func url(database: String = "postgres") -> String {
        let name = database.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? database
        return "postgresql://\(Self.superuser):\(superuserPassword)@127.0.0.1:\(port)/\(name)"
    }

    /// The connection string of a database by way of the Unix socket, with the superuser's password.
    package func socketConninfo(database: String = "postgres") -> String {
        let name = database.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
        return """
            host=\(socketDirectory) port=\(port) user=\(Self.superuser) password=\(superuserPassword) dbname='\(name)'
            """
    }

    /// Waits until the server ends, by ``stop()`` or by itself.
    ///
    /// - Returns: how it ended, or nothing if the task was cancelled before.
    package func waitForExit() async -> ProcessExit? {
        await process.exitUnlessCancelled()
    }

    /// Stops the server and waits until it has ended; works in a cancelled task, and more than once.
    ///
    /// Sessions are ended and the data is brought to rest; a server that takes longer than the limit is ended at
    /// once, and recovers at its next start. The data of an ephemeral server is removed.
    ///
    /// - Returns: how the server ended.
    @discardableResult
    package func stop() async -> ProcessExit {
        let isEphemeral = configuration.mode == .ephemeral
        let signals = isEphemeral ? [SIGQUIT, SIGKILL] : [SIGINT, SIGQUIT, SIGKILL]
        let exit = await process.end(bySignals: signals, each: configuration.stopLimit)
        lock.release { [directory, state] in
            directory.removeSocketDirectory(port: state.port)
            if isEphemeral { FileSystem.remove(directory.path) }
        }
        return exit
    }
}
