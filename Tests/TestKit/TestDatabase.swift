internal import Foundation
internal import PluginKit
package import Postgres

/// A database that one test has for itself, so that tests may run side by side.
package struct TestDatabase: Sendable {
    /// The database's name, which no other test uses.
    package let name: String
    /// The server it is on.
    package let server: TestServer
    /// How the superuser reaches it.
    package var settings: ConnectionSettings { server.settings.connecting(toDatabase: name) }

    /// Creates a database, runs `body`, and drops the database with whoever is still connected.
    ///
    /// - Parameters:
    ///   - template: the database to copy, to which nobody may be connected; an empty one by default.
    ///   - server: the server it is on; the shared one by default.
    package static func with<Value: Sendable>(
        template: String? = nil, on server: TestServer? = nil, _ body: (TestDatabase) async throws -> Value
    ) async throws -> Value {
        guard let server else {
            return try await with(template: template, on: TestServer.shared(), body)
        }
        return try await turnstile.pass { try await run(template, server, body) }
    }

    /// Each platform may take a dozen connections.
    private static let turnstile = Turnstile(places: 10)

    private static func run<Value: Sendable>(
        _ template: String?, _ server: TestServer, _ body: (TestDatabase) async throws -> Value
    ) async throws -> Value {
        let name = "test_" + UUID().uuidString.lowercased().replacing("-", with: "")
        try await create(name, template: template, on: server)
        do {
            let value = try await body(TestDatabase(name: name, server: server))
            await drop(name, server)
            return value
        } catch {
            await drop(name, server)
            throw error
        }
    }

    /// Creates a database; one that is copied stays as closed to PUBLIC as bootstrap made the template, because the
    /// privileges of a database are not copied with it.
    package static func create(_ name: String, template: String?, on server: TestServer) async throws {
        try await server.asSuperuser { admin in
            guard let template else {
                try await admin.run(SQL(unsafeSQL: "CREATE DATABASE \(name)"))
                return
            }
            try await admin.run(SQL(unsafeSQL: "CREATE DATABASE \(name) TEMPLATE \(template) STRATEGY file_copy"))
            try await admin.run(SQL(unsafeSQL: "REVOKE TEMPORARY, CREATE ON DATABASE \(name) FROM PUBLIC"))
        }
    }

    /// Drops a database also when the test was cancelled. What stays goes with the server.
    private static func drop(_ name: String, _ server: TestServer) async {
        let drop = Task {
            try await server.asSuperuser { try await $0.run(SQL(unsafeSQL: "DROP DATABASE \(name) WITH (FORCE)")) }
        }
        _ = await drop.result
    }

    /// Runs `body` on a connection of its own as the superuser.
    @discardableResult
    package func asSuperuser<Value: Sendable>(_ body: (Lease) async throws -> Value) async throws -> Value {
        try await server.asSuperuser(database: name, body)
    }
}
