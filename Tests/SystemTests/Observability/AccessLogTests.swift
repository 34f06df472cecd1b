import Foundation
import NIOHTTP1
import Observability
import Platform
import PluginKit
import TestKit
import Testing

/// The access log over HTTP.
@Suite("Access log")
struct AccessLogTests {
    @Test("A70: Each request is one line that ties answer, trace and tenant together, and says nothing of people")
    func lines() async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("access-\(UUID().uuidString)").path
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let file = try #require(FileHandle(forWritingAtPath: path))
        let output = LogOutput(descriptor: file.fileDescriptor)
        let (tenant, context) = try await TestPlatform.with(adjust: { $0.accessLog = output }) { test in
            let tenant = try await test.tenant("acme")
            let client = TestClient(test.url)
            let answer = try await client.send(
                "GET", "/v1/customers?email=noah@customer.example", token: tenant.token,
                headers: [("X-Request-Id", "deploy-4711"), ("User-Agent", "Noahs-Browser")])
            _ = try await client.send("GET", "/noah@customer.example?name=Noah")
            return (tenant.id, try #require(SpanContext(traceparent: answer.headers["traceparent"].first)))
        }
        // The platform has stopped, so everything is written.
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let lines = try text.split(separator: "\n").map { try JSONParser.parse(Array($0.utf8)) }
        #expect(lines.count == 2)
        let line = try #require(lines.first { $0["request_id"] == "deploy-4711" })
        #expect(line["route"] == "/v1/customers" && line["method"] == "GET" && line["level"] == "info")
        #expect(line["trace_id"]?.string == context.trace.description)
        #expect(line["span_id"]?.string == context.span.description)
        #expect(line["tenant_id"]?.string == tenant.description)
        #expect(lines.contains { $0["route"] == "(unmatched)" && $0["status"] == 404 && $0["tenant_id"] == nil })
        for secret in ["noah", "Noah", "127.0.0.1", "email", "acme"] { #expect(!text.contains(secret), "\(secret)") }
    }
}
