import Foundation
import Testing

@testable import EmbeddedPostgres

@Suite("PostgreSQL installation")
struct PostgresInstallationTests {
    @Test("the server asked for is taken, with its version", .needsPostgres)
    func namedServerIsTaken() async throws {
        let found = try await Bench.find()
        let again = try await PostgresInstallation.find(environment: ["ROMASHKA_POSTGRES_HOME": found.home])
        #expect(again == found)
        #expect(again.version.hasPrefix("\(again.majorVersion)"))
        #expect(again.majorVersion >= 15)
    }

    @Test("no other server is taken when the one asked for is not there")
    func missingServerIsAnError() async throws {
        let error = await #expect(throws: EmbeddedPostgresError.self) {
            try await PostgresInstallation.find(home: "/nonexistent")
        }
        #expect(error?.code == .notInstalled)
    }

    @Test("a server that does not run is an error that quotes it")
    func brokenServerIsAnError() async throws {
        let home = "/tmp/romashka-bench-\(UUID().uuidString.prefix(8))"
        defer { FileSystem.remove(home) }
        try FileSystem.makeDirectories("\(home)/bin")
        for name in ["postgres", "initdb"] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(home)/bin/\(name)", withDestinationPath: "/bin/false"
            )
        }
        let error = await #expect(throws: EmbeddedPostgresError.self) {
            try await PostgresInstallation.find(home: home)
        }
        #expect(error?.code == .installationUnusable)
        #expect(error?.message.contains("exit status 1): false") == true)
    }

    @Test("a server that is there already is not downloaded again", .needsPostgres)
    func presentServerIsNotDownloaded() async throws {
        let found = try await Bench.find()
        let again = try await PostgresInstallation.install(into: found.home, environment: [:]) { line in
            Issue.record("\(line)")
        }
        #expect(again == found)
    }
}
