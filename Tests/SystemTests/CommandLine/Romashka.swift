import Foundation
import Platform
import TestKit
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
        /// What it said on standard error.
        let errors: String
    }

    /// Runs a command to its end; `environment` is added to the test's own.
    static func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> Result {
        try await blocking { try wait(for: arguments, environment) }
    }

    /// The same on the thread of the caller, who may be no task.
    static func wait(for arguments: [String], _ environment: [String: String] = [:]) throws -> Result {
        let process = Process()
        let output = Pipe()
        // A file, because nobody reads it before the end.
        let errors = FileManager.default.temporaryDirectory.appendingPathComponent("errors-\(UUID().uuidString)")
        try Data().write(to: errors)
        defer { try? FileManager.default.removeItem(at: errors) }
        process.executableURL = URL(fileURLWithPath: try path)
        process.arguments = arguments
        process.environment = TestPlatform.environment.merging(environment) { $1 }
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Result(
            status: process.terminationStatus, output: String(decoding: data, as: UTF8.self),
            errors: try String(contentsOf: errors, encoding: .utf8))
    }
}
