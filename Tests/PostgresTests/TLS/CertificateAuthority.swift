import Foundation

@testable import EmbeddedPostgres

/// Certificates for one test, made with the `openssl` program in a directory of their own.
struct CertificateAuthority {
    /// Where the files are; the server's user may enter.
    let directory: String

    /// The authority's own certificate, which clients trust.
    var certificate: String { "\(directory)/ca.crt" }

    /// Whether the program is on this machine.
    static var isPossible: Bool { FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl") }

    /// Creates an authority below `/tmp`, runs `body`, and removes it.
    static func with<Value>(_ body: (CertificateAuthority) async throws -> Value) async throws -> Value {
        let directory = "/tmp/romashka-tls-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let authority = CertificateAuthority(directory: directory)
        try authority.openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            "/CN=Test authority",
            "-keyout", "ca.key", "-out", "ca.crt")
        return try await body(authority)
    }

    /// Makes a certificate for a host, and a key that a PostgreSQL server may read.
    ///
    /// - Returns: the paths of both.
    func issue(host: String) throws -> (certificate: String, key: String) {
        try "subjectAltName=DNS:\(host)".write(toFile: "\(directory)/\(host).ext", atomically: false, encoding: .utf8)
        try openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=\(host)", "-keyout",
            "\(host).key",
            "-out", "\(host).csr")
        try openssl(
            "x509", "-req", "-in", "\(host).csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile",
            "\(host).ext", "-out", "\(host).crt")
        let key = "\(directory)/\(host).key"
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
        if let account = try ServerAccount.choose(forData: "\(directory)/data") {
            try FileManager.default.setAttributes(
                [.ownerAccountID: NSNumber(value: account.user), .groupOwnerAccountID: NSNumber(value: account.group)],
                ofItemAtPath: key)
        }
        return ("\(directory)/\(host).crt", key)
    }

    private func openssl(_ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw POSIXError(.EINVAL) }
    }
}
