import Foundation
import PluginKit
import TestKit
import Testing

@testable import Postgres

@Suite("Admin connection")
struct AdminConnectionTests {
    @Test("it is closed afterwards, also when the body throws")
    func connectionIsClosed() async throws {
        struct Change: Error {}
        let server = try await TestServer.shared()
        let name = "admin-\(UUID().uuidString)"
        await #expect(throws: Change.self) {
            try await AdminConnection.use(server.settings.named(name), reactor: server.reactor, logger: server.logger) {
                lease in
                try await lease.run("SELECT 1")
                throw Change()
            }
        }
        let isClosed = try await server.asSuperuser { lease in
            try await eventually {
                try await lease.run("SELECT 1 FROM pg_stat_activity WHERE application_name = \(name)").isEmpty
            }
        }
        #expect(isClosed)
    }

    @Test("who may not connect is told, without the password")
    func failureIsTold() async throws {
        let server = try await TestServer.shared()
        let wrong = [
            server.settings.connecting(as: "postgres", password: "topsecret"),
            server.settings.connecting(toDatabase: "no_such_database"),
        ]
        for settings in wrong {
            do {
                try await AdminConnection.use(settings, reactor: server.reactor, logger: server.logger) { _ in }
                Issue.record("it connected")
            } catch let error as DatabaseError {
                #expect(error.code == .connectionFailed)
                #expect(!error.debugDescription.contains("topsecret"))
            }
        }
    }

    @Test("parameters hold for the whole connection, whatever their values hold")
    func parametersHold() async throws {
        let server = try await TestServer.shared()
        let settings = server.settings.with(parameters: ["statement_timeout": "7s"]).with(parameters: [
            "search_path": #"a, "c\d""#
        ])
        try await AdminConnection.use(settings, reactor: server.reactor, logger: server.logger) { lease in
            let row = try #require(
                try await lease.run(
                    "SELECT current_setting('statement_timeout') AS t, current_setting('search_path') AS p"
                ).first)
            #expect(try row.get("t") == "7s")
            #expect(try row.get("p") == #"a, "c\d""#)
        }
    }
}
