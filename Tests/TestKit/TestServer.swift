package import EmbeddedPostgres
internal import Foundation
package import Logging
package import Postgres

/// The PostgreSQL server of this test process: started when first asked for, shared by all suites, ended with the process.
///
/// `ROMASHKA_TEST_POSTGRES_HOME` names the server to run; without it the usual places are searched.
package struct TestServer: Sendable {
    /// The server's programs.
    package let installation: PostgresInstallation
    /// How the superuser reaches the database `postgres`, which tests leave as it is; see `TestDatabase`.
    package let settings: ConnectionSettings
    /// The reactor that the connections of all tests may share.
    package let reactor: Reactor
    /// Says nothing: what a test expects to go wrong is no news.
    package let logger: Logger

    /// The server; it is stopped by the system when the process ends.
    private let server: EmbeddedServer

    /// The one server of the process.
    package static func shared() async throws -> TestServer { try await sharedStart.value }

    /// A server besides, for tests that change what belongs to a whole server, such as roles and their passwords.
    package static func start() async throws -> TestServer { try await TestServer() }

    /// A static property is made once, whoever comes first.
    private static let sharedStart = Task { try await TestServer() }

    private init() async throws {
        logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        installation = try await PostgresInstallation.find(
            home: ProcessInfo.processInfo.environment["ROMASHKA_TEST_POSTGRES_HOME"])
        server = try await EmbeddedServer.start(.init(installation: installation, mode: .ephemeral), logger: logger)
        settings = try ConnectionSettings(url: server.url())
        reactor = try Reactor()
    }

    /// The superuser's URL of a database.
    package func url(database: String) -> String { server.url(database: database) }

    /// Runs `body` on a connection of its own as the superuser.
    ///
    /// - Parameter database: the database to connect to.
    @discardableResult
    package func asSuperuser<Value: Sendable>(
        database: String = "postgres", _ body: (Lease) async throws -> Value
    ) async throws -> Value {
        try await AdminConnection.use(
            settings.connecting(toDatabase: database), reactor: reactor, logger: logger, body)
    }
}
