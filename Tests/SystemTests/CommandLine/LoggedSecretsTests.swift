import Foundation
import PluginKit
import TestKit
import Testing

/// What the processes say of themselves when they are asked for everything.
@Suite("Logged secrets", .enabled(if: Romashka.isBuilt), .timeLimit(.minutes(3)))
struct LoggedSecretsTests {
    @Test("no log, of whatever level, shows a password, a key or a token that the processes were given")
    func everything() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "logged-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let log = folder.appending(path: "log")
        try Data().write(to: log)
        let master = String(repeating: "5ec2e7", count: 16)
        let running = try Running(
            [
                "up", "--port", "0", "--data-dir", folder.appending(path: "data").path, "--json", "--log-level",
                "trace",
                "--smtp-url", "smtps://mail.example", "--mail-from", "desk@mail.example",
            ],
            environment: [
                "ROMASHKA_SMTP_USER": "desk", "ROMASHKA_SMTP_PASSWORD": "secret-of-mail",
                "ROMASHKA_MASTER_SECRET": master,
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
                "OTEL_EXPORTER_OTLP_HEADERS": "authorization=secret-of-traces",
            ], log: FileHandle(forWritingTo: log))
        let ready = try await running.firstLine()
        running.end(SIGTERM)

        let said = String(decoding: try Data(contentsOf: log), as: UTF8.self)
        // The services of each process are named.
        for name in ["EmbeddedDatabase", "AccountMail", "SpanExporter", "JobSupervisor"] {
            #expect(said.contains(name), "nothing is said of \(name)")
        }
        let password = try #require(URLComponents(string: ready["database_url"]?.string ?? "")?.password)
        let secrets = ["secret-of-mail", "secret-of-traces", master, password, ready["operator_token"]?.string ?? ""]
        for secret in secrets { #expect(!said.contains(secret), "the log shows \(secret)") }
    }
}
