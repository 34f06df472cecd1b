import Foundation
import TestKit
import Testing

/// A shell that takes text as if somebody pasted it, in a folder of its own, and notes how its requests are answered.
struct PastingShell {
    /// Where it runs.
    let folder: String

    /// Makes the folder, with a `curl` that notes the status of each answer. `romashka` is not on its PATH.
    init() throws {
        folder = "/tmp/romashka-readme-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: "\(folder)/bin", withIntermediateDirectories: true)
        // The real one is found by the PATH that the tests have, whatever was pasted in between.
        let curl = """
            #!/bin/sh
            PATH='\(Self.path)'
            exec curl --write-out '%{stderr}%{http_code}\\n' "$@" 2>>'\(folder)/statuses'

            """
        let created = FileManager.default.createFile(
            atPath: "\(folder)/bin/curl", contents: Data(curl.utf8), attributes: [.posixPermissions: 0o755])
        try #require(created)
    }

    /// Removes the folder.
    func remove() { try? FileManager.default.removeItem(atPath: folder) }

    private static var path: String { ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin" }

    /// Runs the text to its end; the first command that fails ends it.
    func paste(_ text: String, isAtHome: Bool = false) async throws -> Romashka.Result {
        let shell = try start(text, isAtHome: isAtHome)
        let output = try await blocking { shell.rest() }
        return Romashka.Result(status: shell.wait(), output: output, errors: try shell.errors())
    }

    /// The statuses of the answers so far.
    func statuses() throws -> [Int] {
        try String(contentsOfFile: "\(folder)/statuses", encoding: .utf8).split(separator: "\n").compactMap { Int($0) }
    }

    /// Starts the shell with the text on its standard input, where a command that reads it would swallow the rest.
    ///
    /// - Parameter isAtHome: whether the folder is the home of whoever pastes.
    func start(_ text: String, isAtHome: Bool = false) throws -> Session {
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        let errors = "\(folder)/errors-\(UUID().uuidString)"
        try Data().write(to: URL(fileURLWithPath: errors))
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-euo", "pipefail", "-s"]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        var environment = ProcessInfo.processInfo.environment
        environment["PATH"] = "\(folder)/bin:\(Self.path)"
        if isAtHome { environment["HOME"] = folder }
        process.environment = environment
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle(forWritingAtPath: errors)
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data((text + "\n").utf8))
        try input.fileHandleForWriting.close()
        return Session(process: process, output: output.fileHandleForReading, errorsPath: errors)
    }

    /// The shell while it runs.
    struct Session: Sendable {
        let process: Process
        let output: FileHandle
        fileprivate let errorsPath: String

        /// What it has said on standard error so far.
        func errors() throws -> String { try String(contentsOfFile: errorsPath, encoding: .utf8) }

        /// The next line of output that is as asked; nil when there is none to the end.
        func line(where isWanted: @escaping @Sendable (String) -> Bool) async throws -> String? {
            try await blocking { next(where: isWanted) }
        }

        private func next(where isWanted: (String) -> Bool) -> String? {
            var bytes: [UInt8] = []
            while let byte = try? output.read(upToCount: 1)?.first {
                guard byte == UInt8(ascii: "\n") else {
                    bytes.append(byte)
                    continue
                }
                let line = String(decoding: bytes, as: UTF8.self)
                if isWanted(line) { return line }
                bytes = []
            }
            return nil
        }

        /// All that is still to come.
        func rest() -> String { String(decoding: output.readDataToEndOfFile(), as: UTF8.self) }

        /// Waits for the end.
        func wait() -> Int32 {
            process.waitUntilExit()
            return process.terminationStatus
        }

        /// Ends it, and what it became.
        func end() {
            process.terminate()
            process.waitUntilExit()
        }
    }
}
