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

    /// Creates a database on the shared server, runs `body`, and drops the database with whoever is still connected.
    ///
    /// - Parameter template: the database to copy, to which nobody may be connected; an empty one by default.
    package static func with<Value: Sendable>(
        template: String? = nil, _ body: (TestDatabase) async throws -> Value
    ) async throws -> Value {
        try await turnstile.pass { try await run(template, body) }
    }

    /// Each platform may take a dozen connections.
    private static let turnstile = Turnstile(places: 16)

    private static func run<Value: Sendable>(
        _ template: String?, _ body: (TestDatabase) async throws -> Value
    ) async throws -> Value {
        let server = try await TestServer.shared()
        let name = "test_" + UUID().uuidString.lowercased().replacing("-", with: "")
        let copy = template.map { " TEMPLATE \($0) STRATEGY file_copy" } ?? ""
        try await server.asSuperuser { try await $0.run(SQL(unsafeSQL: "CREATE DATABASE \(name)\(copy)")) }
        do {
            let value = try await body(TestDatabase(name: name, server: server))
            await drop(name, server)
            return value
        } catch {
            await drop(name, server)
            throw error
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
