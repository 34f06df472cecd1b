package import EmbeddedPostgres
internal import ServiceLifecycle

/// The embedded PostgreSQL as a service: stops after everything that uses it.
package struct EmbeddedDatabase: Service {
    package let server: EmbeddedServer

    package init(_ server: EmbeddedServer) {
        self.server = server
    }

    /// Waits for the shutdown, or for the server's unexpected end.
    ///
    /// - Throws: `ConfigurationError` when the server ends by itself.
    package func run() async throws {
        let exit = await cancelWhenGracefulShutdown { await server.waitForExit() }
        guard exit == nil else {
            throw ConfigurationError(
                .postgresEnded, "PostgreSQL ended by itself; see server.log in the data directory")
        }
        _ = await server.stop()
    }
}
