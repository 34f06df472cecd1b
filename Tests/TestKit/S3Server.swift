package import Files
internal import Foundation
internal import PluginKit

/// The server of `deploy/s3.d`, in a process of its own for the time of a test: it checks every signature.
package struct S3Server: Sendable {
    /// Why there is none.
    package struct Missing: Error, CustomStringConvertible {
        package let description: String
    }

    let endpoint: String
    let bucket: String
    let accessKeyID: String
    let secretAccessKey: String

    /// What a store is opened with.
    package func settings(secret: String? = nil, bucket: String? = nil) throws -> S3Settings {
        let settings = S3Settings(
            endpoint: endpoint, bucket: bucket ?? self.bucket, region: "us-east-1", accessKeyID: accessKeyID,
            secretAccessKey: secret ?? secretAccessKey)
        guard let settings else { throw Missing(description: "\(endpoint) is no endpoint") }
        return settings
    }

    /// Starts a server, runs `body` and ends the server.
    ///
    /// - Throws: `Missing` when the programs are not installed.
    package static func with<Value: Sendable>(_ body: (S3Server) async throws -> Value) async throws -> Value {
        let home = FileManager.default.currentDirectoryPath
        let python = "\(home)/.build/s3-venv/bin/python"
        guard FileManager.default.isExecutableFile(atPath: python) else {
            throw Missing(description: "\(python) is not there; run deploy/setup --with-s3")
        }
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = ["\(home)/deploy/s3.d/server.py"]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        defer {
            try? input.fileHandleForWriting.close()
            process.waitUntilExit()
        }
        return try await body(try server(line(from: output.fileHandleForReading)))
    }

    private static func line(from handle: FileHandle) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let byte = try handle.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") { bytes.append(byte) }
        return bytes
    }

    private static func server(_ line: [UInt8]) throws -> S3Server {
        let ready = try JSONParser.parse(line)
        guard let endpoint = ready["endpoint"]?.string, let bucket = ready["bucket"]?.string,
            let key = ready["access_key_id"]?.string, let secret = ready["secret_access_key"]?.string
        else { throw Missing(description: "deploy/s3.d/server.py said \(String(decoding: line, as: UTF8.self))") }
        return S3Server(endpoint: endpoint, bucket: bucket, accessKeyID: key, secretAccessKey: secret)
    }
}
