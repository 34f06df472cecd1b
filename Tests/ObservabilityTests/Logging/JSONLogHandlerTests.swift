import Foundation
import Logging
import Observability
import Testing

@Suite("JSON log handler")
struct JSONLogHandlerTests {
    @Test("a line names time, level, label, message and metadata")
    func lineHasAllParts() throws {
        let log = try CapturedLog(label: "http")
        log.logger.warning("slow request", metadata: ["route": "/v1/me", "milliseconds": "\(812)"])
        let line = try #require(try log.lines().first)
        #expect(line["level"] as? String == "warning")
        #expect(line["label"] as? String == "http")
        #expect(line["message"] as? String == "slow request")
        #expect(line["route"] as? String == "/v1/me")
        #expect(line["milliseconds"] as? String == "812")
        let time = try #require(line["time"] as? String)
        #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
    }

    @Test("line feeds, quotes and terminal escapes in values stay inside one line")
    func controlCharactersAreEscaped() throws {
        let log = try CapturedLog()
        let hostile = "a\"b\\c\r\n{\"level\":\"error\"}\t\u{1B}[2J\u{0}\u{7F}\u{9B}\u{2028}\u{202E}é🌼"
        log.logger.info("\(hostile)", metadata: ["route": "\(hostile)", "\(hostile)": "key"])
        let text = try log.text()
        #expect(text.filter(\.isNewline).count == 1)
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || (0x7F...0x9F).contains($0.value) })
        let line = try #require(try log.lines().first)
        #expect(line["message"] as? String == hostile)
        #expect(line["route"] as? String == hostile)
        #expect(line[hostile] as? String == "key")
    }

    @Test("nested metadata is flattened, arrays stay arrays")
    func nestedMetadataIsFlattened() throws {
        let log = try CapturedLog()
        let job: Logger.Metadata = ["id": "7", "lanes": ["a", "b"], "owner": ["email": "a@b.example"]]
        log.logger.info("done", metadata: ["job": .dictionary(job)])
        let line = try #require(try log.lines().first)
        #expect(line["job.id"] as? String == "7")
        #expect(line["job.lanes"] as? [String] == ["a", "b"])
        #expect(line["job.owner.email"] as? String == Redaction.placeholder)
    }

    @Test("a sensitive value never reaches the log, however deep it lies")
    func sensitiveValuesAreReplaced() throws {
        let log = try CapturedLog()
        var logger = log.logger
        logger[metadataKey: "authorization"] = "Bearer hunter2"
        logger.info(
            "login",
            metadata: [
                "email": "hunter2@example.com",
                "new_password": "hunter2",
                "messageBody": ["hunter2", ["x": "hunter2"]],
                "customer": ["name": "hunter2", "list": [["phone": "hunter2"]]],
                "tenant": "t-1",
                "body_bytes": "120",
            ]
        )
        let text = try log.text()
        #expect(!text.contains("hunter2"))
        let line = try #require(try log.lines().first)
        #expect(line["tenant"] as? String == "t-1")
        #expect(line["body_bytes"] as? String == "120")
    }

    @Test("a metadata key cannot pass for a field of the line itself")
    func ownKeysAreKept() throws {
        let log = try CapturedLog()
        log.logger.info("true message", metadata: ["message": "false", "level": "critical"])
        let line = try #require(try log.lines().first)
        #expect(line["message"] as? String == "true message")
        #expect(line["level"] as? String == "info")
        #expect(line["metadata.level"] as? String == "critical")
    }

    @Test("the event's metadata wins over the provider's, and that over the logger's")
    func metadataIsMergedInOrder() throws {
        let provider = Logger.MetadataProvider { ["a": "provider", "b": "provider"] }
        let log = try CapturedLog(provider: provider)
        var logger = log.logger
        logger[metadataKey: "b"] = "logger"
        logger[metadataKey: "c"] = "logger"
        logger.info("x", metadata: ["a": "event"])
        let line = try #require(try log.lines().first)
        #expect(line["a"] as? String == "event")
        #expect(line["b"] as? String == "provider")
        #expect(line["c"] as? String == "logger")
    }

    @Test("a very long value is cut, and the line stays valid")
    func longValuesAreCut() throws {
        let log = try CapturedLog()
        log.logger.info("x", metadata: ["trace": "\(String(repeating: "ö", count: 100_000))"])
        let line = try #require(try log.lines().first)
        let value = try #require(line["trace"] as? String)
        #expect(value.hasSuffix("…"))
        #expect(value.utf8.count <= JSONLine.longestString + 3)
    }

    @Test("lines of many tasks never mix")
    func linesAreWrittenWhole() async throws {
        let log = try CapturedLog()
        await withTaskGroup { group in
            for task in 0..<8 {
                group.addTask {
                    for line in 0..<200 { log.logger.info("line", metadata: ["task": "\(task)", "line": "\(line)"]) }
                }
            }
        }
        let lines = try log.lines()
        #expect(lines.count == 1600)
        #expect(Set(lines.map { "\($0["task"] ?? "")-\($0["line"] ?? "")" }).count == 1600)
    }
}
