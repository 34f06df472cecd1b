import Foundation
import Logging
import Observability

/// A log handler writing into a file of its own, and what was written to it.
struct CapturedLog {
    /// The handler under test.
    let logger: Logger

    /// Writes into the same file.
    let output: LogOutput

    /// Where its lines go.
    private let file: FileHandle

    /// Creates a log whose lines are kept.
    init(label: String = "test", redaction: Redaction = .standard, provider: Logger.MetadataProvider? = nil) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("log-\(UUID().uuidString)")
        try Data().write(to: path)
        let file = try FileHandle(forUpdating: path)
        try FileManager.default.removeItem(at: path)
        self.file = file
        let output = LogOutput(descriptor: file.fileDescriptor)
        self.output = output
        logger = Logger(label: label) { label in
            JSONLogHandler(label: label, output: output, redaction: redaction, metadataProvider: provider)
        }
    }

    /// What was written so far, as it stands.
    func text() throws -> String {
        try file.seek(toOffset: 0)
        return String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
    }

    /// What was written so far, each line parsed as a JSON object of its own.
    func lines() throws -> [[String: Any]] {
        try text().split(separator: "\n").map { line in
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
        }
    }
}
