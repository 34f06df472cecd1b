import Foundation
import Logging
import Supervision

/// One attempt to start a server, from an empty or a used directory to a server that accepts connections.
struct ServerStart {
    /// How the server is run.
    let configuration: EmbeddedServer.Configuration

    /// Where it is run.
    let directory: ServerDirectory

    /// Its programs, where its user can reach them.
    let installation: PostgresInstallation

    /// Is told what takes long.
    let logger: Logger

    /// How often a server that ends because its port was taken meanwhile is started with another.
    private static let attempts = 3

    /// Starts the server.
    ///
    /// - Returns: its process and its state.
    func run() async throws(EmbeddedPostgresError) -> (process: ChildProcess, state: ServerState) {
        try await waitForPredecessor()
        var state = try await cluster()
        for attempt in 1...Self.attempts {
            if !LoopbackPort.isFree(state.port) {
                state.port = try freePort()
                try state.save(directory.state)
            }
            let process = try await spawn(port: state.port)
            guard let exit = try await failure(of: process) else { return (process, state) }
            if attempt < Self.attempts, !LoopbackPort.isFree(state.port) { continue }
            directory.removeSocketDirectory(port: state.port)
            throw EmbeddedPostgresError(
                .startFailed,
                "PostgreSQL ended while starting (\(exit)):\n\(directory.recentLog())\n",
                fix: "remove the cause the lines above name, then start again."
            )
        }
        throw noPort
    }

    /// Waits for a server whose host was killed and that is still writing its last.
    private func waitForPredecessor() async throws(EmbeddedPostgresError) {
        let deadline = ContinuousClock.now + configuration.predecessorLimit
        var isTold = false
        while let file = PostmasterFile(data: directory.data) {
            guard file.isAlive(data: directory.data) else {
                // PostgreSQL would take any process with this number for its predecessor.
                if kill(file.process, 0) == 0 || errno == EPERM { unlink(PostmasterFile.path(data: directory.data)) }
                return
            }
            guard ContinuousClock.now < deadline else {
                throw EmbeddedPostgresError(
                    .directoryInUse,
                    "A PostgreSQL server (process \(file.process)) runs on \(directory.data) and does not end.",
                    fix: "stop it: `kill -INT \(file.process)`."
                )
            }
            if !isTold { logger.notice("waiting for the former PostgreSQL server to end") }
            isTold = true
            do {
                try await Task.sleep(for: .milliseconds(20))
            } catch {
                throw .cancelled
            }
        }
    }

    /// The state of the cluster, which is created if there is none.
    private func cluster() async throws(EmbeddedPostgresError) -> ServerState {
        for name in FileSystem.names(in: directory.path) where name.hasPrefix("init-") {
            FileSystem.remove("\(directory.path)/\(name)")
        }
        let saved = try ServerState.load(directory.state)
        guard FileSystem.exists(directory.data) else {
            let state: ServerState
            if let saved { state = saved } else { state = .new(port: try freePort()) }
            // First the password, then the data: data without a password would be of no use.
            try state.save(directory.state)
            try await ClusterCreation(start: self).run(password: state.password)
            return state
        }
        guard let saved else {
            throw EmbeddedPostgresError(
                .stateLost,
                "There is data in \(directory.data), but \(directory.state) with its password is missing.",
                fix: "restore the file from a backup, or remove \(directory.path) to begin with empty data."
            )
        }
        try checkVersion()
        return saved
    }

    /// Fails if the data was written by another major version.
    private func checkVersion() throws(EmbeddedPostgresError) {
        let written = FileSystem.text(of: "\(directory.data)/PG_VERSION") ?? ""
        let version = written.trimmingCharacters(in: .whitespacesAndNewlines)
        guard version == "\(installation.majorVersion)" else {
            throw EmbeddedPostgresError(
                .versionMismatch,
                """
                The data in \(directory.data) is of PostgreSQL \(version.isEmpty ? "(unknown)" : version), \
                the server in \(installation.home) is \(installation.version).
                """,
                fix: "set ROMASHKA_POSTGRES_HOME to a server of that version, or choose another directory."
            )
        }
    }

    /// Starts the server's process.
    private func spawn(port: Int) async throws(EmbeddedPostgresError) -> ChildProcess {
        try directory.makeSocketDirectory(port: port)
        if !FileSystem.exists(directory.logs) { try directory.makePrivate(directory.logs) }
        unlink(directory.startLog)
        let settings = ServerSettings(configuration, directory: directory, port: port)
        let command = Command(
            installation.server, ["-D", directory.data] + settings.arguments, output: directory.startLog
        )
        let signal = configuration.mode == .ephemeral ? "QUIT" : "INT"
        return try await command.bound(dyingBy: signal, as: directory.account).start()
    }

    /// Waits until the server accepts connections.
    ///
    /// - Returns: how it ended, if it did.
    private func failure(of process: ChildProcess) async throws(EmbeddedPostgresError) -> ProcessExit? {
        let deadline = ContinuousClock.now + configuration.startLimit
        while true {
            if let exit = await process.exit(within: .milliseconds(10)) { return exit }
            if let file = PostmasterFile(data: directory.data), file.process == process.id, file.isReady { return nil }
            if !Task.isCancelled, ContinuousClock.now < deadline { continue }
            await process.end(bySignals: [SIGINT, SIGQUIT, SIGKILL], each: configuration.stopLimit)
            if Task.isCancelled { throw .cancelled }
            throw EmbeddedPostgresError(
                .startTimedOut,
                "PostgreSQL was not ready after \(configuration.startLimit):\n\(directory.recentLog())\n",
                fix: "if it was recovering, start again and allow more time; if not, remove the cause it names."
            )
        }
    }

    /// A port nobody listens on.
    private func freePort() throws(EmbeddedPostgresError) -> Int {
        guard let port = LoopbackPort.anyFree() else { throw noPort }
        return port
    }

    /// The error of a machine without a free port.
    private var noPort: EmbeddedPostgresError {
        EmbeddedPostgresError(
            .startFailed, "There is no free TCP port on 127.0.0.1.", fix: "see `ss -lnt` for what takes them all."
        )
    }
}
