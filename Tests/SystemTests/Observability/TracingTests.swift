import Foundation
import Jobs
import NIOHTTP1
import Observability
import Platform
import PluginKit
import Postgres
import ServiceLifecycle
import TestKit
import Testing

/// Traces over HTTP, with a collector that is a real server.
@Suite("Tracing")
struct TracingTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let caller = "00f067aa0ba902b7"

    @Test("A caller's trace is continued, and its decision to record is answered back", arguments: ["00", "01"])
    func continued(flags: String) async throws {
        try await TestPlatform.with { test in
            let answer = try await TestClient(test.url).send(
                "GET", "/healthz", headers: [("traceparent", "00-\(Self.trace)-\(Self.caller)-\(flags)")])
            let header = try #require(answer.headers["traceparent"].first)
            #expect(header.hasPrefix("00-\(Self.trace)-") && header.hasSuffix("-\(flags)"))
            #expect(!header.contains(Self.caller))
        }
    }

    @Test("Without a valid caller a trace begins, on every answer")
    func begun() async throws {
        try await TestPlatform.with { test in
            let client = TestClient(test.url)
            var traces: Set<String> = []
            for (path, headers) in [
                ("/healthz", []), ("/v1/me", [("traceparent", "00-\(Self.trace.uppercased())-\(Self.caller)-01")]),
                ("/v1/nowhere", [("traceparent", "ff-\(Self.trace)-\(Self.caller)-01")]),
                (
                    "/v1/me",
                    [
                        ("traceparent", "00-\(Self.trace)-\(Self.caller)-01"),
                        ("traceparent", "00-\(Self.trace)-\(Self.caller)-01"),
                    ]
                ),
            ] {
                let answer = try await client.send("GET", path, headers: headers)
                let context = try #require(SpanContext(traceparent: answer.headers["traceparent"].first))
                #expect(context.trace.description != Self.trace && !context.isSampled)
                traces.insert(context.trace.description)
            }
            #expect(traces.count == 4)
        }
    }

    @Test("Server and database spans arrive at the collector, one within the other, without personal data")
    func export() async throws {
        try await StubServer.with { collector in
            let settings = try #require(
                try TracingSettings.read(["OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_SERVICE_NAME": "desk"]))
            try await TestPlatform.with(adjust: { $0.tracing = settings }) { test in
                let tenant = try await test.tenant("acme")
                let client = TestClient(test.url)
                let body: JSONValue = [
                    "customer": ["email": "noah@customer.example", "name": "Noah"], "subject": "parcel",
                    "message": ["content": "where"],
                ]
                let created = try await client.send(
                    "POST", "/v1/conversations", token: tenant.token, body: body,
                    headers: [("traceparent", "00-\(Self.trace)-\(Self.caller)-01")])
                #expect(created.status == 201)
                _ = try await client.send("GET", "/v1/nowhere?q=noah@customer.example")
            }
            // The platform has stopped, so everything is exported.
            let questions = collector.asked
            #expect(questions.allSatisfy { $0.method == "POST" && $0.path == "/v1/traces" })
            #expect(questions.allSatisfy { $0.headers["content-type"] == "application/json" })
            let spans = try questions.flatMap { try CollectedSpan.all(in: $0.body) }
            let server = try #require(spans.first { $0.name == "POST /v1/conversations" })
            #expect(server.trace == Self.trace && server.parent == Self.caller && server.kind == 2)
            #expect(server.attributes["http.route"] == "/v1/conversations")
            #expect(server.attributes["http.response.status_code"] == "201")
            #expect(server.attributes["romashka.module"] == "conversations" && server.service == "desk")
            let parts = spans.filter { $0.parent == server.span }
            #expect(!parts.isEmpty && parts.allSatisfy { $0.kind == 3 && $0.trace == Self.trace })
            #expect(parts.allSatisfy { $0.start >= server.start && $0.end <= server.end + 1_000_000 })
            #expect(parts.contains { $0.name.contains("conversations.") })
            #expect(parts.allSatisfy { $0.attributes["db.system.name"] == "postgresql" })
            #expect(spans.contains { $0.name == "GET (unmatched)" })
            let text = questions.map { String(decoding: $0.body, as: UTF8.self) }.joined()
            for secret in ["noah", "Noah", "parcel", "where\"", "127.0.0.1", "q="] {
                #expect(!text.contains(secret), "\(secret)")
            }
        }
    }

    @Test("The job that follows from a request is a span after the request's, with what it asks the database below it")
    func jobs() async throws {
        try await StubServer.with { collector in
            let settings = try #require(
                try TracingSettings.read(["OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_SERVICE_NAME": "desk"]))
            try await TestPlatform.with(adjust: { $0.tracing = settings }) { test in
                let tenant = try await test.tenant("acme")
                let body: JSONValue = [
                    "customer": ["email": "noah@customer.example", "name": "Noah"], "subject": "parcel",
                    "message": ["content": "where is it"],
                ]
                let created = try await TestClient(test.url).send(
                    "POST", "/v1/conversations", token: tenant.token, body: body,
                    headers: [("traceparent", "00-\(Self.trace)-\(Self.caller)-01")])
                #expect(created.status == 201)
                let services = test.platform.jobServices(
                    of: "knowledge", JobWorker.Settings(), logger: test.database.server.logger)
                // The others run already.
                let worker = try #require(services?.last)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await worker.run() }
                    let isDone = try await eventually {
                        try await test.database.asSuperuser { admin in
                            try await admin.run("SELECT count(*) AS jobs FROM core.jobs_finished").first?.get("jobs")
                                == 1
                        }
                    }
                    #expect(isDone)
                    group.cancelAll()
                }
            }
            let spans = try collector.asked.flatMap { try CollectedSpan.all(in: $0.body) }
            let request = try #require(spans.first { $0.name == "POST /v1/conversations" })
            let job = try #require(spans.first { $0.name == "knowledge.suggest" })
            #expect(job.trace == Self.trace && job.parent == request.span && job.kind == 5 && job.service == "desk")
            #expect(job.attributes["romashka.module"] == "knowledge" && job.attributes["romashka.job_attempt"] == "1")
            #expect(job.attributes["error.type"] == nil)
            let parts = spans.filter { $0.parent == job.span }
            #expect(!parts.isEmpty && parts.allSatisfy { $0.kind == 3 && $0.trace == Self.trace })
            let text = collector.asked.map { String(decoding: $0.body, as: UTF8.self) }.joined()
            for secret in ["noah", "Noah", "parcel", "where is"] { #expect(!text.contains(secret), "\(secret)") }
        }
    }

    @Test("A caller who says no, and a ratio of nothing, export nothing")
    func unsampled() async throws {
        try await StubServer.with { collector in
            let settings = try #require(
                try TracingSettings.read([
                    "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_TRACES_SAMPLER_ARG": "0",
                ]))
            try await TestPlatform.with(adjust: { $0.tracing = settings }) { test in
                let client = TestClient(test.url)
                _ = try await client.send("GET", "/healthz")
                _ = try await client.send(
                    "GET", "/healthz", headers: [("traceparent", "00-\(Self.trace)-\(Self.caller)-00")])
            }
            #expect(collector.asked.isEmpty)
        }
    }

    @Test("A collector that is down or refuses costs spans, which are counted, and no request", arguments: [nil, 503])
    func down(status: Int?) async throws {
        try await StubServer.with(answering: { _ in .init(status ?? 500) }) { collector in
            // Port 9 of loopback has no listener.
            let endpoint = status == nil ? "http://127.0.0.1:9" : collector.url
            let settings = try #require(try TracingSettings.read(["OTEL_EXPORTER_OTLP_ENDPOINT": endpoint]))
            try await TestPlatform.with(adjust: { $0.tracing = settings }) { test in
                let client = TestClient(test.url)
                let series = "romashka_trace_spans_dropped_total{reason=\"export_failed\"}"
                var dropped: Double = 0
                // Each scrape is itself a span, so waiting makes the number grow at last.
                while dropped == 0 {
                    let answer = try await client.send("GET", "/healthz")
                    #expect(answer.status == 200)
                    dropped = try #require(try await Scrape(client, test).value(series))
                }
            }
        }
    }
}
