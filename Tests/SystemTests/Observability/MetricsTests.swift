import Foundation
import HTTP
import NIOHTTP1
import Platform
import PluginKit
import TestKit
import Testing

/// `/metrics` over HTTP.
@Suite("Metrics")
struct MetricsTests {
    @Test("Only an operator's token reads them; a tenant's does not")
    func access() async throws {
        try await TestPlatform.with { test in
            let tenant = try await test.tenant("acme")
            let client = TestClient(test.url)
            for token in [nil, "", "rmo_x", tenant.token] as [String?] {
                let answer = try await client.send("GET", "/metrics", token: token)
                #expect(answer.status == 401 && answer.code == "unauthenticated")
            }
            let answer = try await client.send("GET", "/metrics", token: test.operatorToken)
            #expect(answer.status == 200)
            #expect(answer.headers["Content-Type"] == ["text/plain; version=0.0.4; charset=utf-8"])
            let post = try await client.send("POST", "/metrics", token: test.operatorToken)
            #expect(post.status == 405)
        }
    }

    @Test("Loopback is let in only when the operator says so, and never through a proxy")
    func loopback() async throws {
        try await TestPlatform.with(adjust: { $0.letsLoopbackReadMetrics = true }) { test in
            let client = TestClient(test.url)
            let direct = try await client.send("GET", "/metrics")
            #expect(direct.status == 200)
            for name in ["Forwarded", "X-Forwarded-For", "Via"] {
                let forwarded = try await client.send("GET", "/metrics", headers: [(name, "127.0.0.1")])
                #expect(forwarded.status == 401, "\(name)")
            }
        }
    }

    @Test("A listener of their own serves them and nothing else")
    func listener() async throws {
        try await TestPlatform.with { test in
            try await TestMetricsListener.with(test) { client in
                let metrics = try await client.send("GET", "/metrics")
                #expect(metrics.text.contains("romashka_build_info{"))
                for path in ["/", "/healthz", "/v1/me", "/v1/operator/tenants"] {
                    let other = try await client.send("GET", path, token: test.operatorToken)
                    #expect(other.status == 404, "\(path)")
                }
            }
        }
    }

    @Test("Every line is a comment or a sample, every family has help and type, no series is there twice")
    func format() async throws {
        try await TestPlatform.with { test in
            let tenant = try await test.tenant("acme")
            let client = TestClient(test.url)
            _ = try await client.send("GET", "/v1/conversations", token: tenant.token)
            let scrape = try await Scrape(client, test)
            #expect(scrape.malformed.isEmpty)
            #expect(scrape.samples.count == Set(scrape.samples.map(\.series)).count)
            for name in Set(scrape.samples.map(\.family)) {
                #expect(scrape.types[name] != nil && scrape.helps.contains(name), "\(name)")
            }
            for name in [
                "process_start_time_seconds", "process_resident_memory_bytes", "process_open_fds",
                "romashka_build_info", "romashka_database_leases", "romashka_database_connections",
                "romashka_database_requests_waiting", "romashka_http_requests_in_flight",
            ] {
                #expect(scrape.samples.contains { $0.family == name }, "\(name)")
            }
            // The request that asks is the one in flight.
            #expect(scrape.value("romashka_http_requests_in_flight") == 1)
        }
    }

    @Test("Requests are counted by template, module, method, status and class of tenant")
    func counts() async throws {
        try await TestPlatform.with { test in
            let (live, trial) = (try await test.tenant("live", isTest: false), try await test.tenant("trial"))
            let client = TestClient(test.url)
            for id in ["0192f0c1-7a00-7000-8000-000000000001", "0192f0c1-7a00-7000-8000-000000000002", "nonsense"] {
                _ = try await client.send("GET", "/v1/conversations/\(id)", token: live.token)
            }
            _ = try await client.send("GET", "/v1/conversations", token: trial.token)
            _ = try await client.send("HEAD", "/v1/conversations", token: trial.token)
            _ = try await client.send("GET", "/v1/conversations?limit=0", token: trial.token)
            _ = try await client.send("GET", "/v1/conversations")
            _ = try await client.send("GET", "/healthz")
            let scrape = try await Scrape(client, test)
            let conversation = "route=\"/v1/conversations/{id}\",module=\"conversations\",method=\"GET\""
            let list = "route=\"/v1/conversations\",module=\"conversations\",method=\"GET\""
            #expect(scrape.requests(conversation, "404", "live") == 3)
            #expect(scrape.requests(list, "200", "test") == 2)
            #expect(scrape.requests(list, "422", "test") == 1)
            #expect(scrape.requests(list, "401", "none") == 1)
            #expect(scrape.requests("route=\"/healthz\",module=\"kernel\",method=\"GET\"", "200", "none") == 1)
            let name = "romashka_http_request_duration_seconds"
            #expect(scrape.value("\(name)_count{\(list)}") == 4)
            #expect(scrape.value("\(name)_bucket{\(list),le=\"+Inf\"}") == 4)
            let sum = try #require(scrape.value("\(name)_sum{\(list)}"))
            #expect(sum > 0 && sum < 4 * 30)
        }
    }

    @Test("What clients make up becomes no label: neither paths nor methods nor tenants")
    func hostilePaths() async throws {
        try await TestPlatform.with { test in
            let tenant = try await test.tenant("acme", isTest: false)
            let client = TestClient(test.url)
            for path in [
                "/secret-\(UUID())", "/v1/nowhere", "/v1/conversations/1/2/3/4", "/v1/%22%7D%0Aforged%201",
                "/metrics/../x", "//metrics", "/v1/me/", "/wp-login.php?user=ada@acme.example", "/v1/auth/login",
            ] {
                for method in ["GET", "DELETE", "PROPFIND"] {
                    _ = try await client.send(method, path, token: tenant.token)
                }
            }
            let scrape = try await Scrape(client, test)
            let templates = Set(test.platform.table.routes.map(\.path))
            let known = templates.union(["/healthz", "/readyz", "/metrics", "(unmatched)"])
            #expect(scrape.routes.isSubset(of: known), "\(scrape.routes.subtracting(known))")
            #expect(scrape.malformed.isEmpty)
            let unmatched = "route=\"(unmatched)\",module=\"kernel\",method=\"*\""
            #expect((scrape.requests(unmatched, "404", "none") ?? 0) >= 15)
            #expect((scrape.requests(unmatched, "405", "none") ?? 0) >= 2)
            for secret in [tenant.id.description, tenant.slug, "ada@", "secret-", "forged", "PROPFIND"] {
                #expect(!scrape.text.contains(secret), "\(secret)")
            }
        }
    }

    @Test("One tenant's requests do not show which tenant it was")
    func tenantsAreNotApart() async throws {
        try await TestPlatform.with { test in
            let (one, two) = (try await test.tenant("one"), try await test.tenant("two"))
            let client = TestClient(test.url)
            for _ in 0..<2 { _ = try await client.send("GET", "/v1/me", token: one.token) }
            for _ in 0..<3 { _ = try await client.send("GET", "/v1/me", token: two.token) }
            let scrape = try await Scrape(client, test)
            #expect(scrape.requests("route=\"/v1/me\",module=\"kernel\",method=\"GET\"", "200", "test") == 5)
            #expect(
                scrape.samples.filter { $0.series.contains("/v1/me\"") && $0.family.hasSuffix("_total") }.count == 1)
        }
    }
}
