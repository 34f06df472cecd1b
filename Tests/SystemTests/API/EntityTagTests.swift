import NIOHTTP1
import PluginKit
import TestKit
import Testing

/// ETags: nothing is sent twice, and nobody overwrites what they have not seen.
@Suite("Entity tags")
struct EntityTagTests {
    private static func change(
        _ site: PeopleSite, _ path: String, _ body: JSONValue, ifMatch: String, token: String? = nil
    ) async throws -> TestClient.Answer {
        try await site.client.send(
            "PATCH", "/v1" + path, token: token ?? site.tenant.token, body: body, headers: [("If-Match", ifMatch)])
    }

    /// What can be changed under If-Match: where it is made, with what, and a change.
    private static let resources: [(path: String, made: JSONValue, change: JSONValue)] = [
        ("/customers", ["name": "Noah"], ["name": "Emma"]),
        ("/conversations", ["customer": ["email": "n@example.com"], "subject": "S"], ["tags": ["late"]]),
        ("/knowledge/items", ["title": "T", "body": "B"], ["title": "U"]),
    ]

    @Test("A read that knows the tag is answered 304, a stale change 412 and without effect", arguments: 0..<3)
    func conditions(index: Int) async throws {
        try await PeopleSite.with { site in
            let (path, made, change) = Self.resources[index]
            let created = try await site.send("POST", path, made)
            #expect(created.status == 201, "\(created.text)")
            let own = "\(path)/\(try #require(created.json["id"]?.string))"
            let read = try await site.send("GET", own)
            let tag = try #require(read.headers["ETag"].first)
            let again = try await site.client.send(
                "GET", "/v1" + own, token: site.tenant.token, headers: [("If-None-Match", "\"x\", W/\(tag)")])
            #expect(again.status == 304 && again.text.isEmpty && again.headers["ETag"] == [tag])
            let changed = try await Self.change(site, own, change, ifMatch: tag)
            #expect(changed.status == 200, "\(changed.text)")
            let next = try #require(changed.headers["ETag"].first)
            #expect(next != tag)
            for stale in [tag, "\"1\"", "W/\(next)", "\"\"", "", "\(tag), W/\(next)"] {
                let refused = try await Self.change(site, own, change, ifMatch: stale)
                #expect(refused.status == 412 && refused.code == "precondition_failed", "\(stale)")
            }
            for malformed in ["none", "\(tag) \(next)", "*, \(next)", "\"a b\""] {
                let refused = try await Self.change(site, own, change, ifMatch: malformed)
                #expect(refused.status == 400 && refused.code == "if_match_invalid", "\(malformed)")
            }
            // What would be refused anyhow is refused for that (RFC 9110 §13.2.1).
            #expect(try await Self.change(site, own, ["surely_unknown": 1], ifMatch: tag).status == 422)
            #expect(try await site.send("GET", own).headers["ETag"] == [next])
            #expect(try await Self.change(site, own, change, ifMatch: "\(tag), \(next)").status == 200)
            #expect(try await Self.change(site, own, change, ifMatch: "*").status == 200)
        }
    }

    @Test("Of many who change the same version at once one succeeds")
    func race() async throws {
        try await PeopleSite.with { site in
            let created = try await site.send("POST", "/customers", ["name": "Noah"])
            let own = "/customers/\(try #require(created.json["id"]?.string))"
            let tag = try #require(created.headers["ETag"].first)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<10 {
                    group.addTask {
                        try await Self.change(site, own, ["name": .string("N\(number)")], ifMatch: tag).status
                    }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.filter { $0 == 200 }.count == 1 && statuses.filter { $0 == 412 }.count == 9)
        }
    }

    @Test("A59: Another tenant's version answers like a missing one, and a route without versions says so")
    func foreign() async throws {
        try await PeopleSite.with { site in
            let created = try await site.send("POST", "/customers", ["name": "Noah"])
            let own = "/customers/\(try #require(created.json["id"]?.string))"
            let tag = try #require(created.headers["ETag"].first)
            let other = try await site.test.tenant("other")
            let missing = "/customers/\(ActorID.make())"
            for path in [own, missing] {
                let answer = try await Self.change(site, path, ["name": "X"], ifMatch: tag, token: other.token)
                #expect(answer.code == "precondition_failed", "\(path)")
            }
            let module = try await Self.change(site, "/modules/knowledge", ["enabled": true], ifMatch: tag)
            #expect(module.status == 400 && module.code == "if_match_unsupported")
        }
    }
}
