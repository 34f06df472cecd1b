import Foundation
import PluginKit
import TestKit

/// The executable while it runs.
final class Running: Sendable {
    let process = Process()
    let output = Pipe()
    private let progress = Pipe()

    /// - Parameters:
    ///   - program: where it is, when it is not where the build put it.
    ///   - environment: what it has besides that of the tests.
    ///   - log: where its standard error goes.
    init(
        _ arguments: [String], program: URL? = nil, environment: [String: String] = [:], log: FileHandle? = nil
    ) throws {
        let built = URL(fileURLWithPath: FileManager.default.currentDirectoryPath).appending(
            path: ".build/debug/romashka")
        process.executableURL = program ?? built
        process.arguments = arguments
        process.standardOutput = output
        process.environment = TestPlatform.environment.merging(environment) { $1 }
        process.standardError = arguments.first == "import-demo" ? progress : log ?? FileHandle.nullDevice
        try process.run()
    }

    var status: Int32 { process.terminationStatus }

    /// The first line on standard output, as JSON.
    func firstLine() async throws -> JSONValue {
        let bytes = try await blocking { [output] in
            var bytes: [UInt8] = []
            while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") {
                bytes.append(byte)
            }
            return bytes
        }
        return try JSONParser.parse(bytes)
    }

    /// Reads standard error until it says `text`, or ends.
    func waitForProgress(_ text: String) async throws {
        try await blocking { [progress] in
            var seen = ""
            while !seen.contains(text) {
                let data = progress.fileHandleForReading.availableData
                guard !data.isEmpty else { return }
                seen += String(decoding: data, as: UTF8.self)
            }
        }
    }

    /// Sends a signal and waits for the end.
    func end(_ signal: Int32) {
        kill(process.processIdentifier, signal)
        process.waitUntilExit()
    }
}
