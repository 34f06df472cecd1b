import Foundation
import Logging
import Supervision
import Testing

@testable import EmbeddedPostgres

@Suite("Embedded server", .needsPostgres)
struct EmbeddedServerTests {
    @Test("a server answers by TCP and by socket, but only to those who know the password")
    func serverAnswers() async throws {
        try await Bench.with { bench in
            try await Bench.withServer(bench.persistent) { server in
                #expect(await server.sql("SELECT 1 + 1").output == "2")
                #expect(await server.sql("SELECT 'soup'", connection: server.socketConninfo()).output == "soup")
                let stranger = server.url().replacing(server.superuserPassword, with: "guess")
                #expect(await !server.sql("SELECT 1", connection: stranger).isSuccess)
                let silent = "host=\(server.socketDirectory) port=\(server.port) user=postgres"
                #expect(await !server.sql("SELECT 1", connection: silent).isSuccess)
            }
        }
    }

    @Test("the settings keep what clients send out of the log, and commits durable")
    func settingsAreApplied() async throws {
        try await Bench.with { bench in
            try await Bench.withServer(bench.persistent) { server in
                let settings = """
                    SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings WHERE name IN
                    ('fsync', 'synchronous_commit', 'log_statement', 'log_parameter_max_length', 'server_encoding',
                     'log_parameter_max_length_on_error', 'TimeZone', 'data_checksums', 'lc_collate', 'jit')
                    """
                let output = await server.sql(settings).output
                for expected in [
                    "fsync=on", "synchronous_commit=on", "log_statement=none", "log_parameter_max_length=0",
                    "log_parameter_max_length_on_error=0", "server_encoding=UTF8", "TimeZone=UTC", "data_checksums=on",
                ] {
                    #expect(output.contains(expected))
                }
            }
        }
    }

    @Test("the same directory resumes the same data, port and password")
    func dataIsResumed() async throws {
        try await Bench.with { bench in
            var port = 0
            var password = ""
            try await Bench.withServer(bench.persistent) { server in
                #expect(await server.sql("CREATE TABLE t AS SELECT 42 AS x").isSuccess)
                (port, password) = (server.port, server.superuserPassword)
            }
            try await Bench.withServer(bench.persistent) { server in
                #expect(await server.sql("SELECT x FROM t").output == "42")
                #expect(server.port == port)
                #expect(server.superuserPassword == password)
            }
        }
    }

    @Test("stopping ends the server in good order, removes the socket, and may be repeated")
    func stopIsOrderly() async throws {
        try await Bench.with { bench in
            let server = try await EmbeddedServer.start(bench.persistent, logger: Logger(label: "test"))
            async let seen = server.waitForExit()
            #expect(await server.stop() == .status(0))
            #expect(await server.stop() == .status(0))
            #expect(await seen == .status(0))
            #expect(!FileSystem.exists(server.socketDirectory))
            #expect(!FileSystem.exists(PostmasterFile.path(data: "\(server.path)/data")))
        }
    }

    @Test("waiting for the end stops waiting when the task is cancelled")
    func waitingIsCancelled() async throws {
        try await Bench.with { bench in
            try await Bench.withServer(bench.persistent) { server in
                let exit = await withTaskGroup(of: ProcessExit?.self) { group in
                    group.addTask { await server.waitForExit() }
                    group.cancelAll()
                    return await group.next() ?? nil
                }
                #expect(exit == nil)
                #expect(await server.sql("SELECT 1").isSuccess)
            }
        }
    }

    @Test("an ephemeral server trades durability for speed and leaves nothing behind")
    func ephemeralServerLeavesNothing() async throws {
        let configuration = EmbeddedServer.Configuration(installation: try await Bench.find(), mode: .ephemeral)
        var paths: [String] = []
        try await Bench.withServer(configuration) { server in
            paths = [server.path, server.socketDirectory]
            #expect(await server.sql("SHOW fsync").output == "off")
            #expect(await server.sql("SHOW max_connections").output == "300")
        }
        #expect(paths.count == 2)
        #expect(!paths.contains(where: FileSystem.exists))
    }

    @Test("a setting of the caller goes before the usual one")
    func settingsCanBeChanged() async throws {
        var configuration = EmbeddedServer.Configuration(installation: try await Bench.find(), mode: .ephemeral)
        configuration.settings = ["max_connections": "17"]
        try await Bench.withServer(configuration) { server in
            #expect(await server.sql("SHOW max_connections").output == "17")
        }
    }

    @Test("root runs the server as an unprivileged user", .needsRoot)
    func serverIsUnprivileged() async throws {
        try await Bench.with { bench in
            try await Bench.withServer(bench.persistent) { server in
                let owner = try #require(FileSystem.attributes(of: "/proc/\(server.processIdentifier)")?.owner)
                #expect(owner != 0)
                #expect(FileSystem.attributes(of: "\(server.path)/data")?.owner == owner)
                #expect(FileSystem.attributes(of: server.socketDirectory)?.permissions == 0o700)
                let state = try #require(FileSystem.attributes(of: "\(server.path)/state.json"))
                #expect(state.owner == 0 && state.permissions == 0o600)
            }
        }
    }
}
