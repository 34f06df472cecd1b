package import Cryptography
internal import Files
internal import Foundation
internal import HTTP
internal import Identity
package import Migrations
package import Platform
@_spi(Kernel) package import PluginKit
import Postgres
internal import ServiceLifecycle
internal import Synchronization
package import Tenancy

/// A whole platform on a database of its own, serving on a loopback port.
package struct TestPlatform: Sendable {
    /// The kernel, put together as `romashka serve` does it.
    package let platform: Platform
    /// The database, copied from a migrated template.
    package let database: TestDatabase
    /// Where the server listens, such as `http://127.0.0.1:40123`.
    package let url: String
    /// An operator's token.
    package let operatorToken: String
    private let settings: PlatformSettings
    private let group: ServiceGroup

    /// The secret of every test platform; roles are shared by all databases of the test server.
    package static let master = MasterSecret.fixed

    /// How long a statement of a request may take in tests that are about something else: on a machine that runs many at
    /// once, half a second is soon over.
    package static let statementTimeout: Duration = .seconds(3)

    /// The environment of the tests, with what programs that they start get besides.
    package static var environment: [String: String] {
        ProcessInfo.processInfo.environment.merging([
            "ROMASHKA_STATEMENT_TIMEOUT": "\(statementTimeout.components.seconds * 1000)"
        ]) { given, _ in given }
    }

    /// Starts a platform, runs `body`, stops it and drops the database.
    ///
    /// - Parameters:
    ///   - mode: how the database keeps sessions.
    ///   - plugins: the folder with the plugins; the project's own by default.
    ///   - adjust: changes the settings before the platform starts.
    package static func with<Value: Sendable>(
        mode: Bootstrap.SessionMode = .privileged, plugins: String? = nil,
        adjust: @Sendable (inout PlatformSettings) -> Void = { _ in },
        _ body: @Sendable (TestPlatform) async throws -> Value
    ) async throws -> Value {
        let template = try await TemplateDatabase.name(mode: mode)
        return try await TestDatabase.with(template: template) { database in
            defer { try? FileManager.default.removeItem(atPath: filesDirectory(of: database)) }
            var settings = try settings(database, plugins: plugins)
            adjust(&settings)
            return try await run(database, settings, body)
        }
    }

    /// The same on a server of the test's own, with plugins that the templates do not know and that are migrated here.
    package static func with<Value: Sendable>(
        plugins: String, migratedOn server: TestServer, adjust: @Sendable (inout PlatformSettings) -> Void = { _ in },
        _ body: @Sendable (TestPlatform) async throws -> Value
    ) async throws -> Value {
        try await TestDatabase.with(on: server) { database in
            defer { try? FileManager.default.removeItem(atPath: filesDirectory(of: database)) }
            var settings = try settings(database, plugins: plugins)
            let setup = try DatabaseSetup(
                admin: database.settings, server: database.settings, master: master,
                installation: settings.installation, logger: server.logger)
            defer { setup.close() }
            _ = try await setup.bootstrap()
            for outcome in try await setup.migrate() where outcome.failure != nil {
                throw MigrationError(.failed, "\(outcome.module): \(outcome.failure ?? "")")
            }
            adjust(&settings)
            return try await run(database, settings, body)
        }
    }

    /// Starts a second server on the same database for the time of `body`, as another process would be.
    ///
    /// - Parameters:
    ///   - plugins: the folder with its plugins; the first one's by default.
    ///   - adjust: changes what it has of the first one's settings.
    package func withAnother<Value: Sendable>(
        plugins: String? = nil, adjust: @Sendable (inout PlatformSettings) -> Void = { _ in },
        _ body: @Sendable (TestPlatform) async throws -> Value
    ) async throws -> Value {
        var settings = settings
        if let plugins { settings.installation = try Installation.find(environment: [:], plugins: plugins) }
        adjust(&settings)
        return try await TestPlatform.run(database, settings, body)
    }

    /// Tells the server to stop, as SIGTERM does; what it was asked before it still answers.
    package func beginShutdown() async { await group.triggerGracefulShutdown() }

    /// How a platform connects to a test's database.
    package static func settings(_ database: TestDatabase, plugins: String? = nil) throws -> PlatformSettings {
        var settings = PlatformSettings(
            server: database.settings, master: master,
            installation: try Installation.find(environment: [:], plugins: plugins))
        settings.statementTimeout = statementTimeout
        settings.passwordCost = ScryptCost(logarithm: 10, blockSize: 8, parallelization: 1) ?? .standard
        // Nobody listens there: tests take the answers of browsers to where the server is.
        settings.oidc.publicURL = "http://127.0.0.1"
        settings.oidc.allowsInsecure = true
        settings.files.place = .directory(filesDirectory(of: database))
        // However full the disk is that tests run on.
        settings.files.reserve = .none
        settings.connectionLimits.farewell = .zero
        return settings
    }

    /// Where the files of a test's database are; they go with the test.
    package static func filesDirectory(of database: TestDatabase) -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent("romashka-files-\(database.name)").path
    }

    private static func run<Value: Sendable>(
        _ database: TestDatabase, _ settings: PlatformSettings, _ body: @Sendable (TestPlatform) async throws -> Value
    ) async throws -> Value {
        let platform = try await Platform.start(settings, logger: database.server.logger)
        let token = try await platform.identity.operators.issue(name: "test", lifetime: .seconds(3600))
        let logger = database.server.logger
        let socket = try ListeningSocket(ListenAddress(host: "127.0.0.1", port: 0))
        return try await RunningServer.with(
            logger: logger,
            services: { tell in
                platform.services + [
                    Server(
                        platform.api, on: socket, limits: settings.connectionLimits, logger: logger, onReady: tell)
                ]
            },
            { port, group in
                try await body(
                    TestPlatform(
                        platform: platform, database: database, url: "http://127.0.0.1:\(port)", operatorToken: token,
                        settings: settings, group: group))
            })
    }

    /// A tenant with an admin who is logged in.
    ///
    /// - Parameter isTest: whether the tenant is there to try things.
    package func tenant(_ slug: String, isTest: Bool = true) async throws -> TestTenant {
        let admin = NewMember(
            email: "admin@\(slug).example", name: "Admin", password: "password-of-\(slug)", role: .owner)
        _ = try await platform.identity.tenants.create(slug: slug, name: slug, isTest: isTest, admin: admin)
        guard let id = try await platform.identity.tenants.find(slug: slug) else { throw Problem.notFound }
        try await platform.control.refresh()
        let session = try await session(email: admin.email, password: admin.password, tenant: slug)
        guard let token = session["access_token"]?.string, let profile = session["profile"]?["id"]?.string,
            let actor = ActorID(profile)
        else { throw Problem.notFound }
        return TestTenant(
            id: id, slug: slug, token: token,
            session: TenantSession(verified: id, actor: Actor(kind: .member, id: actor, role: "owner")))
    }

    /// A new access token of a tenant's first person.
    package func login(_ tenant: TestTenant) async throws -> String {
        let session = try await session(
            email: "admin@\(tenant.slug).example", password: "password-of-\(tenant.slug)", tenant: tenant.slug)
        return session["access_token"]?.string ?? ""
    }

    private func session(email: String, password: String, tenant: String) async throws -> JSONValue {
        try await platform.identity.logins.login(email: email, password: password, tenant: tenant).value
    }
}

/// A tenant of a test, with its admin's token.
package struct TestTenant: Sendable {
    package let id: TenantID
    package let slug: String
    /// The admin's access token.
    package let token: String
    /// The admin's session, as the kernel would have verified it.
    package let session: TenantSession
}

/// A database with the whole schema, made once per session mode and copied by each test.
package enum TemplateDatabase {
    /// The template's name.
    package static func name(mode: Bootstrap.SessionMode) async throws -> String {
        // Both, because migrations change roles, which every database of the server shares.
        let names = (privileged: try await privileged.value, mac: try await mac.value)
        return switch mode {
        case .privileged: names.privileged
        case .mac: names.mac
        }
    }

    private static let privileged = Task { try await make(.privileged) }
    private static let mac = Task { try await make(.mac) }

    private static func make(_ mode: Bootstrap.SessionMode) async throws -> String {
        // One after the other: roles are shared, and two bootstraps would wait for each other anyway.
        if mode == .mac { _ = try await privileged.value }
        let server = try await TestServer.shared()
        let name = "template_\(mode.rawValue)"
        let setup = try DatabaseSetup(
            admin: server.settings.connecting(toDatabase: name), server: server.settings.connecting(toDatabase: name),
            master: TestPlatform.master, installation: try Installation.find(environment: [:]), logger: server.logger)
        defer { setup.close() }
        try await setup.createDatabase(name)
        _ = try await setup.bootstrap(mode: mode)
        for outcome in try await setup.migrate() {
            if let failure = outcome.failure { throw MigrationError(.failed, failure) }
        }
        return name
    }
}

extension MasterSecret {
    /// The same in every test.
    fileprivate static var fixed: MasterSecret {
        get { (try? MasterSecret(bytes: Array(repeating: 0x5A, count: 32))) ?? .generate() }
    }
}
