import Foundation
import Logging
import Supervision
import Testing

@testable import EmbeddedPostgres

@Suite("Embedded server in trouble", .needsPostgres)
struct EmbeddedServerFailureTests {
    @Test("a host killed in the middle takes its server with it, and the next start has its data")
    func killedHostTakesServerAlong() async throws {
        try await Bench.with { bench in
            let directory = bench.directory
            await #expect(processExitsWith: .signal(SIGKILL)) { [directory = directory as String] in
                let installation = try await Bench.find()
                let configuration = EmbeddedServer.Configuration(
                    installation: installation, mode: .persistent(directory: directory)
                )
                let server = try await EmbeddedServer.start(configuration, logger: Logger(label: "host"))
                guard await server.sql("CREATE TABLE t AS SELECT 7 AS x").isSuccess else { return }
                kill(getpid(), SIGKILL)
            }
            let file = PostmasterFile(data: "\(directory)/data")
            let isGone = try await Bench.until { file?.isAlive(data: "\(directory)/data") != true }
            #expect(isGone)
            try await Bench.withServer(bench.persistent) { server in
                #expect(await server.sql("SELECT x FROM t").output == "7")
            }
        }
    }

    @Test("what a killed test process has left is removed by the next")
    func abandonedServersAreSwept() async throws {
        try await Bench.with { bench in
            let note = "\(bench.root)/note"
            await #expect(processExitsWith: .signal(SIGKILL)) { [note = note as String] in
                let configuration = EmbeddedServer.Configuration(installation: try await Bench.find(), mode: .ephemeral)
                let server = try await EmbeddedServer.start(configuration, logger: Logger(label: "host"))
                try server.path.write(toFile: note, atomically: true, encoding: .utf8)
                kill(getpid(), SIGKILL)
            }
            let path = try #require(FileSystem.text(of: note))
            let isGone = try await Bench.until {
                PostmasterFile(data: "\(path)/data")?.isAlive(data: "\(path)/data") != true
            }
            #expect(isGone)
            let configuration = EmbeddedServer.Configuration(installation: bench.installation, mode: .ephemeral)
            try await Bench.withServer(configuration) { _ in
                #expect(!FileSystem.exists(path))
            }
        }
    }

    @Test("a directory is used by one server at a time")
    func secondStartIsRefused() async throws {
        try await Bench.with { bench in
            try await Bench.withServer(bench.persistent) { server in
                #expect(await Bench.codeOfFailure(bench.persistent) == .directoryInUse)
                #expect(await server.sql("SELECT 1").isSuccess)
            }
        }
    }

    @Test("a server that crashes is noticed, and recovers at the next start")
    func crashIsNoticed() async throws {
        try await Bench.with { bench in
            try await Bench.withServer(bench.persistent) { server in
                #expect(await server.sql("CREATE TABLE t AS SELECT 42 AS x").isSuccess)
                kill(server.processIdentifier, SIGKILL)
                #expect(await server.waitForExit() == .signal(SIGKILL))
            }
            try await Bench.withServer(bench.persistent) { server in
                #expect(await server.sql("SELECT x FROM t").output == "42")
            }
        }
    }

    @Test("a process file that names a stranger does not keep the server from starting")
    func staleProcessFileIsIgnored() async throws {
        try await Bench.with { bench in
            try await Bench.withServer(bench.persistent) { _ in }
            let data = "\(bench.directory)/data"
            let stale = "\(getpid())\n\(data)\n1\n5432\n/tmp\n127.0.0.1\n  1  1\nready\n"
            try stale.write(toFile: PostmasterFile.path(data: data), atomically: true, encoding: .utf8)
            try await Bench.withServer(bench.persistent) { server in
                #expect(await server.sql("SELECT 1").isSuccess)
            }
        }
    }

    @Test("a port that is taken is replaced by another")
    func takenPortIsReplaced() async throws {
        try await Bench.with { bench in
            var port = 0
            try await Bench.withServer(bench.persistent) { port = $0.port }
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(port).bigEndian
            address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
            let length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isBound = withUnsafePointer(to: &address) { address in
                address.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) == 0 }
            }
            try #require(isBound && listen(descriptor, 1) == 0)
            try await Bench.withServer(bench.persistent) { server in
                #expect(server.port != port)
                #expect(await server.sql("SELECT 1").isSuccess)
            }
        }
    }

    @Test("leftovers of an interrupted creation are removed, and the creation is begun anew")
    func interruptedCreationIsRepeated() async throws {
        try await Bench.with { bench in
            let leftover = "\(bench.directory)/init-0000"
            try FileSystem.makeDirectories("\(leftover)/data/base")
            try await Bench.withServer(bench.persistent) { _ in
                #expect(!FileSystem.exists(leftover))
            }
        }
    }

    @Test("a cancelled start ends what it has begun")
    func cancelledStartLeavesNoProcess() async throws {
        try await Bench.with { bench in
            let code = await withTaskGroup(of: EmbeddedPostgresError.Code?.self) { group in
                group.addTask { await Bench.codeOfFailure(bench.persistent) }
                group.cancelAll()
                return await group.next() ?? nil
            }
            #expect(code == .cancelled)
            #expect(await Bench.codeOfFailure(bench.persistent) == nil)
        }
    }

    @Test("data of another version, without its password, or of a server that cannot start is refused with the reason")
    func unusableDataIsRefused() async throws {
        try await Bench.with { bench in
            try await Bench.withServer(bench.persistent) { _ in }
            let version = "\(bench.directory)/data/PG_VERSION"
            let written = try #require(FileSystem.text(of: version))
            try "9\n".write(toFile: version, atomically: false, encoding: .utf8)
            #expect(await Bench.codeOfFailure(bench.persistent) == .versionMismatch)
            try written.write(toFile: version, atomically: false, encoding: .utf8)

            var configuration = bench.persistent
            configuration.settings = ["shared_buffers": "nonsense"]
            #expect(await Bench.codeOfFailure(configuration) == .startFailed)

            FileSystem.remove("\(bench.directory)/state.json")
            #expect(await Bench.codeOfFailure(bench.persistent) == .stateLost)
        }
    }

    @Test("a directory the server's user cannot reach is refused with the name of what is in the way", .needsRoot)
    func unreachableDirectoryIsRefused() async throws {
        try await Bench.with { bench in
            let closed = "\(bench.root)/closed"
            try FileSystem.makeDirectory(closed, permissions: 0o700)
            var configuration = bench.persistent
            configuration.mode = .persistent(directory: "\(closed)/deep/server")
            let error = await #expect(throws: EmbeddedPostgresError.self) {
                try await EmbeddedServer.start(configuration, logger: Logger(label: "test"))
            }
            #expect(error?.code == .directoryUnreachable)
            #expect(error?.fix.contains("chmod a+x \(closed)`") == true)
        }
    }

    @Test("a directory for the socket that somebody else prepared is refused")
    func foreignSocketDirectoryIsRefused() async throws {
        try await Bench.with { bench in
            let directory = try ServerDirectory(bench.directory).socketDirectory
            try FileSystem.makeDirectory(directory, permissions: 0o777)
            defer { FileSystem.remove(directory) }
            try Data().write(to: URL(fileURLWithPath: "\(directory)/.s.PGSQL.1"))
            #expect(await Bench.codeOfFailure(bench.persistent) == .socketDirectoryUnsafe)
        }
    }
}
