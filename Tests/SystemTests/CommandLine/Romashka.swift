import Foundation
import Platform
import Testing

/// The real executable, as people run it.
enum Romashka {
    /// Where the build put it: beside the tests.
    static var path: String {
        get throws { try #require(try Installation.find(environment: [:]).libraries.first) + "/romashka" }
    }

    /// Whether the build has made it.
    static var isBuilt: Bool { (try? path).map { FileManager.default.isExecutableFile(atPath: $0) } ?? false }

    /// How a run ended.
    struct Result: Sendable {
        let status: Int32
        let output: String
    }

    /// Runs a command to its end.
    static func run(_ arguments: [String]) throws -> Result {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: try path)
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Result(status: process.terminationStatus, output: String(decoding: data, as: UTF8.self))
    }
}
