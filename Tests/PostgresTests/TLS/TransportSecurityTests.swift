import EmbeddedPostgres
import Foundation
import PluginKit
import TestKit
import Testing

@testable import Postgres

extension Trait where Self == ConditionTrait {
    /// Skips tests where there is no server that knows TLS: the embedded one is built without.
    static var needsTLSServer: Self {
        .enabled("Debian's PostgreSQL 15 or openssl is missing; run deploy/setup --with-second-server") {
            guard CertificateAuthority.isPossible else { return false }
            return (try? await PostgresInstallation(home: TransportSecurityTests.home)) != nil
        }
    }
}

@Suite("Transport security", .needsTLSServer)
struct TransportSecurityTests {
    /// Where Debian has its server.
    fileprivate static let home = "/usr/lib/postgresql/15"

    /// Runs a server that knows TLS, whose certificate is for `localhost`.
    private func withServer(_ body: (EmbeddedServer, CertificateAuthority) async throws -> Void) async throws {
        try await CertificateAuthority.with { authority in
            let (certificate, key) = try authority.issue(host: "localhost")
            var configuration = EmbeddedServer.Configuration(
                installation: try await PostgresInstallation(home: Self.home), mode: .ephemeral)
            configuration.settings = ["ssl": "on", "ssl_cert_file": certificate, "ssl_key_file": key]
            let server = try await EmbeddedServer.start(configuration, logger: try await TestServer.shared().logger)
            do {
                try await body(server, authority)
            } catch {
                await server.stop()
                throw error
            }
            await server.stop()
        }
    }

    /// Connects by TCP and says what the server knows of the encryption, or how connecting failed.
    private func connect(_ server: EmbeddedServer, host: String, _ parameters: String) async throws -> String {
        let shared = try await TestServer.shared()
        let url = "postgresql://postgres:\(server.superuserPassword)@\(host):\(server.port)/postgres?\(parameters)"
        do {
            let settings = try ConnectionSettings(url: url)
            return try await AdminConnection.use(settings, reactor: shared.reactor, logger: shared.logger) { lease in
                let statement: SQL =
                    "SELECT coalesce(version, 'plain') AS version FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
                return try await lease.run(statement).first?.get("version") ?? ""
            }
        } catch let error as DatabaseError {
            return error.debugDescription
        }
    }

    @Test("the right authority and the right host are let through, encrypted; whatever differs is refused")
    func serverIsVerified() async throws {
        try await withServer { server, authority in
            let strict = "sslmode=verify-full&sslrootcert="
            #expect(try await connect(server, host: "localhost", strict + authority.certificate) == "TLSv1.3")

            let foreign = try await CertificateAuthority.with { other in
                try await connect(server, host: "localhost", strict + other.certificate)
            }
            #expect(foreign.hasPrefix("connection_failed") && foreign.contains("certificate verify failed"))

            let otherHost = try await connect(server, host: "127.0.0.1", strict + authority.certificate)
            #expect(otherHost.hasPrefix("connection_failed") && otherHost.contains("does not match host name"))

            let noAuthority = try await connect(
                server, host: "localhost", strict + authority.directory + "/missing.crt")
            #expect(noAuthority.hasPrefix("connection_failed") && noAuthority.contains("does not exist"))
        }
    }

    @Test("the shared pipeline works over TLS, answers of any size included")
    func pipelineWorksOverTLS() async throws {
        try await withServer { server, authority in
            let shared = try await TestServer.shared()
            let url = """
                postgresql://postgres:\(server.superuserPassword)@localhost:\(server.port)/postgres\
                ?sslmode=verify-full&sslrootcert=\(authority.certificate)
                """
            let pipeline = shared.pipeline(try ConnectionSettings(url: url))
            defer { pipeline.close() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<400 {
                    group.addTask {
                        let text = String(repeating: "ж", count: 300 * number)
                        let row = try await pipeline.run(
                            ["SELECT \(text) || \(number)::text AS echo"], timeout: .seconds(60))[0].first
                        #expect(try row?.get("echo") == text + "\(number)")
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("a server without TLS is refused where TLS is asked for, without trying again")
    func plainServerIsRefused() async throws {
        let server = try await TestServer.shared()
        let port = try #require(server.settings.keywords["port"])
        let settings = try ConnectionSettings(url: "postgresql://postgres@127.0.0.1:\(port)/postgres?sslmode=require")
        do {
            try await AdminConnection.use(settings, reactor: server.reactor, logger: server.logger) { _ in }
            Issue.record("it connected")
        } catch let error as DatabaseError {
            #expect(error.code == .connectionFailed && error.debugDescription.contains("does not support SSL"))
        }
    }
}
