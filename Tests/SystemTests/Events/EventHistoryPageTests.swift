import PluginKit
import Postgres
import TestKit
import Testing

/// `GET /v1/events`, page by page.
@Suite("Event history", .timeLimit(.minutes(15)))
struct EventHistoryPageTests {
    @Test("Who may see few of many events is led past the others, and who may see all misses none")
    func sparse() async throws {
        try await EventSite.with { site in
            let reader = try await site.person("reader", ["conversations.read": "all"])
            // More than a page looks through.
            for batch in 0..<21 { try await site.emit(batch * 100...batch * 100 + 99, module: "knowledge") }
            try await site.emit(1...1)
            let isNumbered = try await eventually { try await Self.isNumbered(site) }
            #expect(isNumbered)

            let first = try await site.people.send("GET", "/events", token: reader.token)
            #expect(first.json["data"] == [], "\(first.text)")
            let cursor = try #require(first.json["next_cursor"]?.string)
            let second = try await site.people.send("GET", "/events?cursor=\(cursor)", token: reader.token)
            let seen = second.json["data"]?.array?.map { $0["data"]?["n"] ?? .null }
            #expect(seen == [1] && second.json["next_cursor"] == .null, "\(second.text)")

            var numbers: [Int64] = []
            var path: String? = "/events?limit=100"
            while let next = path {
                let page = try await site.people.send("GET", next)
                #expect(page.status == 200, "\(page.text)")
                let events = page.json["data"]?.array ?? []
                numbers += events.filter { $0["module"] != "core" }.compactMap { $0["seq"]?.integer }
                path = page.json["next_cursor"]?.string.map { "/events?limit=100&cursor=\($0)" }
            }
            #expect(numbers.count == 2101 && numbers == Set(numbers).sorted())
        }
    }

    private static func isNumbered(_ site: EventSite) async throws -> Bool {
        try await site.test.database.asSuperuser { admin in
            try await admin.run("SELECT id FROM core.events WHERE seq IS NULL LIMIT 1").isEmpty
        }
    }
}
