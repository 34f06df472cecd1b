extension EmbeddedServer {
    /// How a server is run.
    package struct Configuration: Sendable {
        /// What becomes of the data.
        package enum Mode: Hashable, Sendable {
            /// It stays in this directory and survives whatever happens.
            case persistent(directory: String)
            /// It is made for speed, lies in a directory of its own below `/tmp` and goes with the server.
            case ephemeral
        }

        /// The server's programs.
        package var installation: PostgresInstallation

        /// What becomes of the data.
        package var mode: Mode

        /// Settings of PostgreSQL that go before those chosen here.
        package var settings: [String: String] = [:]

        /// How long the server may take to accept connections; recovery after a power failure takes long.
        package var startLimit: Duration = .seconds(120)

        /// How long the server may take to end by itself.
        package var stopLimit: Duration = .seconds(30)

        /// How long a former server on the same directory, whose host has been killed, may take to end.
        package var predecessorLimit: Duration = .seconds(60)

        /// Creates a configuration with default limits.
        ///
        /// - Parameters:
        ///   - installation: the server's programs.
        ///   - mode: what becomes of the data.
        package init(installation: PostgresInstallation, mode: Mode) {
            self.installation = installation
            self.mode = mode
        }
    }
}
