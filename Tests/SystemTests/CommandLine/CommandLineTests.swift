import Foundation
import PluginKit
import TestKit
import Testing

/// The executable as an operator's script uses it.
@Suite("Command line", .serialized)
struct CommandLineTests {
    @Test(
        "Every command explains itself",
        arguments: [
            [], ["up"], ["serve"], ["bootstrap"], ["migrate"], ["verify-schema"], ["doctor"], ["tenant"],
            ["tenant", "create"],
            ["token"], ["token", "operator"], ["module"], ["module", "disable"], ["plugin", "list"], ["import-demo"],
        ])
    func helpIsThere(command: [String]) throws {
        let result = try Command.run(command + ["--help"])
        #expect(result.status == 0)
        #expect(result.output.contains("USAGE: romashka"))
    }

    @Test(
        "Wrong usage ends with 64",
        arguments: [["nonsense"], ["up", "--port", "x"], ["token", "operator"], ["tenant", "create"]])
    func wrongUsageIsTold(command: [String]) throws {
        #expect(try Command.run(command).status == 64)
    }

    @Test(
        "One command brings up a platform; killed, it resumes the same data; import-demo picks up where it was killed")
    func upResumes() async throws {
        let directory = "/tmp/romashka-cli-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let first = try Running(["up", "--port", "0", "--data-dir", directory, "--json"])
        let line = try first.firstLine()
        let url = try #require(line["url"]?.string)
        let token = try #require(line["operator_token"]?.string)
        #expect(line["database_url"]?.string?.hasPrefix("postgresql://postgres:") == true)
        #expect(try await TestClient(url).send("GET", "/readyz").status == 200)
        let created = try Command.run(
            ["tenant", "create", "acme", "Acme", "--admin-email", "a@acme.example", "--data-dir", directory, "--json"])
        #expect(created.status == 0)
        let tenants = try await TestClient(url).send("GET", "/v1/operator/tenants", token: token)
        #expect(tenants.json["data"]?.array?.count == 1)
        #expect(try Command.run(["verify-schema", "--data-dir", directory]).status == 0)
        #expect(try Command.run(["plugin", "list", "--data-dir", directory]).output.contains("conversations"))
        first.end(SIGKILL)

        let second = try Running(["up", "--port", "0", "--data-dir", directory, "--json"])
        let again = try #require(try second.firstLine()["url"]?.string)
        #expect(
            try await TestClient(again).send("GET", "/v1/operator/tenants", token: token).json["data"]?.array?.count
                == 1)
        try importDemo(into: directory)
        second.end(SIGINT)
        #expect(second.status == 0)
    }

    private func importDemo(into directory: String) throws {
        let data = "../shared/data"
        guard FileManager.default.fileExists(atPath: "\(data)/banking77/train.csv") else {
            print("import-demo is not tested: \(data) is absent")
            return
        }
        let killed = try Running(["import-demo", data, "--data-dir", directory, "--json"])
        killed.waitForProgress("banking: 2000 of")
        killed.end(SIGKILL)
        for _ in 0..<2 {
            let whole = try Command.run(["import-demo", data, "--data-dir", directory, "--json"])
            #expect(whole.status == 0)
            let counts = try JSONParser.parse(Array(whole.output.utf8))
            #expect(counts["retail"]?["customers"] == 500)
            #expect(counts["banking"]?["conversations"] == 10003)
        }
    }
}

/// Runs the executable to its end.
enum Command {
    static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = try Running(arguments)
        let output = process.output.fileHandleForReading.readDataToEndOfFile()
        process.process.waitUntilExit()
        return (process.process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}

/// The executable while it runs.
final class Running {
    let process = Process()
    let output = Pipe()
    private let progress = Pipe()

    init(_ arguments: [String]) throws {
        let built = URL(fileURLWithPath: FileManager.default.currentDirectoryPath).appending(
            path: ".build/debug/romashka")
        process.executableURL = built
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = arguments.first == "import-demo" ? progress : FileHandle.nullDevice
        try process.run()
    }

    var status: Int32 { process.terminationStatus }

    /// The first line on standard output, as JSON.
    func firstLine() throws -> JSONValue {
        var bytes: [UInt8] = []
        while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") {
            bytes.append(byte)
        }
        return try JSONParser.parse(bytes)
    }

    /// Reads standard error until it says `text`, or ends.
    func waitForProgress(_ text: String) {
        var seen = ""
        while !seen.contains(text) {
            let data = progress.fileHandleForReading.availableData
            guard !data.isEmpty else { return }
            seen += String(decoding: data, as: UTF8.self)
        }
    }

    /// Sends a signal and waits for the end.
    func end(_ signal: Int32) {
        kill(process.processIdentifier, signal)
        process.waitUntilExit()
    }
}
