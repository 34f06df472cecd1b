internal import Foundation

/// A server of `deploy/<name>.d`, in a process of its own for the time of a test; it ends when its input does.
struct PythonServer {
    /// Why there is none.
    package struct Missing: Error, CustomStringConvertible {
        package let description: String
    }

    let input: FileHandle
    let output: FileHandle

    /// Starts a server, runs `body` and ends the server.
    ///
    /// - Parameter name: of the server, of its folder and of the option of `deploy/setup` that installs it.
    /// - Throws: `Missing` when the programs are not installed.
    static func with<Value: Sendable>(
        _ name: String, _ body: (PythonServer) async throws -> Value
    ) async throws -> Value {
        let home = FileManager.default.currentDirectoryPath
        let python = "\(home)/.build/\(name)-venv/bin/python"
        guard FileManager.default.isExecutableFile(atPath: python) else {
            throw Missing(description: "\(python) is not there; run deploy/setup --with-\(name)")
        }
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = ["\(home)/deploy/\(name).d/server.py"]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        defer {
            try? input.fileHandleForWriting.close()
            process.waitUntilExit()
        }
        return try await body(
            PythonServer(input: input.fileHandleForWriting, output: output.fileHandleForReading))
    }

    /// The next line that a server writes; nil when it has ended.
    static func line(from output: FileHandle) -> [UInt8]? {
        var bytes: [UInt8] = []
        while let byte = try? output.read(upToCount: 1)?.first {
            if byte == UInt8(ascii: "\n") { return bytes }
            bytes.append(byte)
        }
        return nil
    }
}
