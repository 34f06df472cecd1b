import Foundation
import Observability
@_spi(Kernel) import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// The place in a trace (W3C Trace Context) that jobs are given by what enqueues them.
@Suite("Job traces")
struct JobTraceTests {
    private static let request = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    private func traces(_ site: JobSite) async throws -> [String?] {
        try await site.worker.run(["SELECT trace FROM core.jobs_ready ORDER BY id"])[0].rows.map { try $0.get("trace") }
    }

    @Test("a command is of the trace of who asked for it, where that is recorded")
    func commands() async throws {
        try await JobSite.with(kinds: ["knowledge.run_command"]) { site in
            _ = try await site.database.asSuperuser { admin in
                let offers: JSONValue = ["knowledge.write_item"]
                return try await admin.run("SELECT core.declare_commands('knowledge', \(offers), '[]')")
            }
            let person = Actor(kind: .member, id: .make(), role: "admin")
            for trace in [nil, Self.request] {
                try await TraceParent.$current.withValue(trace) {
                    let tx = site.databases.database(of: site.name)
                        .open(TenantSession(verified: site.tenants[0], actor: person), mode: .write)
                    let command = CommandRequest("knowledge.write_item", [:], key: "\(trace ?? "none")")
                    _ = try await tx.batch(["SELECT \(command.enqueuing)"])
                }
            }
            #expect(try await traces(site) == [nil, Self.request])
        }
    }

    @Test("what follows from an event of the kernel is of the request's trace, where that is recorded")
    func kernelEvents() async throws {
        try await JobSite.with { site in
            let tenant = site.tenants[0]
            _ = try await site.database.asSuperuser { admin in
                let consumes: JSONValue = [["event": "file.created", "job": "knowledge.work"]]
                return try await admin.run("SELECT core.declare_events('knowledge', '[]', \(consumes), true)")
            }
            let person = Actor(kind: .member, id: .make(), role: "admin")
            let parent = try #require(SpanContext(traceparent: Self.request))
            let unrecorded = Tracer(ratio: 0)
            let scopes = [
                RequestScope(requestID: "none", span: unrecorded.begin(after: nil), tracer: unrecorded),
                RequestScope(requestID: "some", span: parent, tracer: Tracer(ratio: 1)),
            ]
            for scope in scopes {
                try await RequestScope.$current.withValue(scope) {
                    _ = try await Acting.$current.withValue(Acting(person, requestID: scope.requestID)) {
                        try await site.databases.pipeline(of: .auth).runActing([
                            "SELECT core.tell(\(tenant), 'file.created', \(UUID.version7()), 'files.read', '{}'::jsonb)"
                        ])
                    }
                }
            }
            #expect(try await traces(site) == [nil, Self.request])
        }
    }
}
