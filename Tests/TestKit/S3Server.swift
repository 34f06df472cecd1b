package import Files
internal import Foundation
internal import PluginKit

/// The server of `deploy/s3.d`, in a process of its own for the time of a test: it checks every signature.
package struct S3Server: Sendable {
    let endpoint: String
    let bucket: String
    let accessKeyID: String
    let secretAccessKey: String

    /// What a store is opened with.
    package func settings(secret: String? = nil, bucket: String? = nil) throws -> S3Settings {
        let settings = S3Settings(
            endpoint: endpoint, bucket: bucket ?? self.bucket, region: "us-east-1", accessKeyID: accessKeyID,
            secretAccessKey: secret ?? secretAccessKey)
        guard let settings else { throw PythonServer.Missing(description: "\(endpoint) is no endpoint") }
        return settings
    }

    /// Starts a server, runs `body` and ends the server.
    ///
    /// - Throws: `PythonServer.Missing` when the programs are not installed.
    package static func with<Value: Sendable>(_ body: (S3Server) async throws -> Value) async throws -> Value {
        try await PythonServer.with("s3") { running in
            let line = try await blocking { PythonServer.line(from: running.output) ?? [] }
            return try await body(try server(line))
        }
    }

    private static func server(_ line: [UInt8]) throws -> S3Server {
        let ready = try JSONParser.parse(line)
        guard let endpoint = ready["endpoint"]?.string, let bucket = ready["bucket"]?.string,
            let key = ready["access_key_id"]?.string, let secret = ready["secret_access_key"]?.string
        else {
            throw PythonServer.Missing(
                description: "deploy/s3.d/server.py said \(String(decoding: line, as: UTF8.self))")
        }
        return S3Server(endpoint: endpoint, bucket: bucket, accessKeyID: key, secretAccessKey: secret)
    }
}
