import Foundation
import PluginKit
import TestKit
import Testing

/// An upgrade puts another program in the place of the one that runs.
@Suite("Replaced program", .enabled(if: Romashka.isBuilt), .timeLimit(.minutes(3)))
struct ReplacedProgramTests {
    /// Copies the program into a folder of its own, which has the libraries beside it.
    private static func copy(to folder: URL) throws -> URL {
        let program = URL(fileURLWithPath: try Romashka.path)
        let built = program.deletingLastPathComponent().resolvingSymlinksInPath()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for name in try FileManager.default.contentsOfDirectory(atPath: built.path) where name.hasSuffix(".so") {
            try FileManager.default.createSymbolicLink(
                at: folder.appending(path: name), withDestinationURL: built.appending(path: name))
        }
        // By a process of its own: a file that is open for writing cannot be run ("text file busy"), and whatever the
        // tests beside this one start at that moment would have it open for as long as it is not yet their program.
        _ = try SamplePlugin.run("/bin/cp", [program.resolvingSymlinksInPath().path, "romashka"], in: folder.path)
        return folder.appending(path: "romashka")
    }

    /// The process that serves, among the children of one.
    private static func server(of parent: pid_t) throws -> pid_t? {
        try ChildrenOfProcess.find(parent).first { $0.line.contains("\0serve\0") }?.id
    }

    @Test("a program that was replaced still starts its processes: people log in, and a server that ended comes back")
    func replaced() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "replaced-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let program = try Self.copy(to: folder)
        let running = try Running(
            ["up", "--port", "0", "--data-dir", folder.appending(path: "data").path, "--json"], program: program)
        defer { running.end(SIGTERM) }
        let ready = try await running.firstLine()
        let client = TestClient(try #require(ready["url"]?.string))
        try FileManager.default.removeItem(at: program)
        try Data("another version".utf8).write(to: program)

        let admin: JSONValue = ["email": "ada@acme.example", "name": "Ada", "password": "password-of-ada"]
        let made = try await client.send(
            "POST", "/v1/operator/tenants", token: ready["operator_token"]?.string,
            body: ["slug": "acme", "name": "Acme", "admin": admin])
        #expect(made.status == 201, "\(made.text)")
        let login: JSONValue = ["email": "ada@acme.example", "password": "password-of-ada", "tenant": "acme"]
        #expect(try await client.send("POST", "/v1/auth/login", body: login).status == 200)

        let server = try #require(try Self.server(of: running.process.processIdentifier))
        kill(server, SIGKILL)
        let isBack = try await eventually {
            let next = try Self.server(of: running.process.processIdentifier)
            guard let next, next != server else { return false }
            return (try? await client.send("GET", "/readyz").status) == 200
        }
        #expect(isBack)
        #expect(try await client.send("POST", "/v1/auth/login", body: login).status == 200)
    }
}
