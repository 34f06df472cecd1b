import Foundation
import Observability
import ServiceLifecycle
import Testing

@Suite("AccessLog")
struct AccessLogTests {
    private static let entry = AccessLog.Entry(
        method: "GET", route: "/v1/conversations/{id}", status: 200, duration: 1_042_900, bytes: 17,
        requestID: "deploy-4711", span: Tracer(ratio: nil).begin(after: nil), tenant: nil)

    @Test("A request is one line with its numbers, and a caller without a tenant has none")
    func line() async throws {
        let captured = try CapturedLog()
        try await written(to: captured.output) { $0.append(Self.entry) }
        let line = try #require(try captured.lines().first)
        #expect(line["level"] as? String == "info" && line["message"] as? String == "request")
        #expect(line["method"] as? String == "GET" && line["route"] as? String == "/v1/conversations/{id}")
        #expect(line["status"] as? Int == 200 && line["bytes"] as? Int == 17 && line["duration_ms"] as? Double == 1.042)
        #expect(line["request_id"] as? String == "deploy-4711" && line["tenant_id"] == nil)
        #expect(line["trace_id"] as? String == Self.entry.span.trace.description)
        #expect(line["span_id"] as? String == Self.entry.span.span.description)
    }

    @Test("Nothing is lost by a shutdown, and the lines of many tasks do not mix")
    func everyLine() async throws {
        let captured = try CapturedLog()
        try await written(to: captured.output) { log in
            await withTaskGroup(of: Void.self) { tasks in
                for _ in 0..<8 { tasks.addTask { for _ in 0..<250 { log.append(Self.entry) } } }
            }
        }
        #expect(try captured.lines().count { $0["status"] as? Int == 200 } == 2000)
    }

    @Test("A reader that does not keep up costs lines, which are counted")
    func bounds() async throws {
        let captured = try CapturedLog()
        let dropped = Counter()
        let log = AccessLog(output: captured.output, dropped: dropped)
        // Nobody writes the buffer: the service does not run.
        for _ in 0..<40_000 { log.append(Self.entry) }
        #expect(dropped.value > 0 && dropped.value < 40_000)
    }

    /// Runs the log as a service while `body` adds to it, and to its end.
    private func written(to output: LogOutput, _ body: (AccessLog) async -> Void) async throws {
        let log = AccessLog(output: output)
        let group = ServiceGroup(
            configuration: .init(services: [.init(service: log)], logger: try CapturedLog().logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            await body(log)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}
