import Files
import Foundation
import NIOHTTP1
import Platform
import PluginKit
import Postgres
import Synchronization
import TestKit
import Testing

/// Files whose bytes cannot be had: whoever asks is told so while there is time, and the operator in any case.
@Suite("Lost files", .timeLimit(.minutes(15)))
struct FileLossTests {
    /// A bucket that takes everything, and answers reads as it is told.
    private final class Bucket: Sendable {
        private let status = Mutex(200)
        /// Up to which position there are bytes.
        private let end = Mutex(Int.max)

        func fail(with status: Int, from position: Int = 0) {
            self.status.withLock { $0 = status }
            end.withLock { $0 = position }
        }

        func answer(_ question: StubServer.Question) -> StubServer.Answer {
            if question.method == "HEAD" { return .init(status.withLock { $0 }) }
            guard question.method == "GET" else { return .init(question.method == "DELETE" ? 204 : 200) }
            let bounds = (question.headers["range"] ?? "").dropFirst("bytes=".count).split(separator: "-")
            guard let first = bounds.first.flatMap({ Int($0) }), let last = bounds.last.flatMap({ Int($0) }),
                first < end.withLock({ $0 })
            else { return .init(status.withLock { $0 }) }
            return .init(206, body: Array(repeating: UInt8(ascii: "a"), count: last - first + 1))
        }
    }

    private static func with(_ body: @Sendable (FileSite, Bucket) async throws -> Void) async throws {
        let bucket = Bucket()
        let spool = "/tmp/romashka-spool-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: spool) }
        try await StubServer.with(answering: { bucket.answer($0) }) { server in
            let settings = try #require(
                S3Settings(
                    endpoint: server.url, bucket: "bucket", region: "r", accessKeyID: "k", secretAccessKey: "s"))
            try await FileSite.with(adjust: { $0.files.place = .bucket(settings, spool: spool) }) { site in
                try await body(site, bucket)
            }
        }
    }

    private static func failures(_ site: FileSite) async throws -> Double? {
        try await Scrape(site.client, site.test).value("romashka_file_failures_total")
    }

    @Test("What a bucket does not give is 503, for sessions, links and ranges alike", arguments: [404, 403, 500])
    func refused(status: Int) async throws {
        try await Self.with { site, bucket in
            let id = try await site.store(String(repeating: "a", count: 100_000))
            let link = try await site.link(id)
            #expect(try await site.send("GET", "/\(id)/content").text.utf8.count == 100_000)
            #expect(try await Self.failures(site) == 0)
            bucket.fail(with: status)
            let answers = [
                try await site.send("GET", "/\(id)/content"), try await site.client.send("GET", link),
                try await site.send("GET", "/\(id)/content", headers: [("Range", "bytes=5-9")]),
            ]
            for answer in answers {
                #expect(answer.status == 503 && answer.code == "files_unavailable", "\(answer.text)")
                #expect(answer.headers["Content-Disposition"] == [])
            }
            #expect(try await Self.failures(site) == 3)
            // Nothing is read for these.
            #expect(try await site.send("HEAD", "/\(id)/content").status == 200)
            let outside = try await site.send("GET", "/\(id)/content", headers: [("Range", "bytes=100000-")])
            #expect(outside.status == 416)
            #expect(try await Self.failures(site) == 3)
        }
    }

    @Test("What fails after the answer has begun cuts the connection, and is counted")
    func cut() async throws {
        try await Self.with { site, bucket in
            let id = try await site.store(String(repeating: "a", count: 300_000))
            bucket.fail(with: 500, from: 1)
            await #expect(throws: (any Error).self) { try await site.send("GET", "/\(id)/content") }
            #expect(try await Self.failures(site) == 1)
            // The first bytes are there.
            let part = try await site.send("GET", "/\(id)/content", headers: [("Range", "bytes=0-9")])
            #expect(part.status == 206 && part.text == "aaaaaaaaaa")
            #expect(try await Self.failures(site) == 1)
        }
    }

    @Test("A file whose bytes are gone from this machine is 503, and is counted")
    func local() async throws {
        try await FileSite.with { site in
            let id = try await site.store("0123456789")
            let path = try #require(site.contents.first)
            let root = TestPlatform.filesDirectory(of: site.test.database)
            try FileManager.default.removeItem(atPath: "\(root)/\(path)")
            let answer = try await site.send("GET", "/\(id)/content")
            #expect(answer.status == 503 && answer.code == "files_unavailable")
            #expect(!answer.text.contains(root))
            #expect(try await Self.failures(site) == 1)
        }
    }

    @Test(
        "The same bytes sent again bring a lost file back, with all others that have them, and are counted once",
        arguments: [nil, "01234"] as [String?])
    func sentAgain(rest: String?) async throws {
        try await FileSite.with { site in
            let old = [try await site.store("0123456789"), try await site.store("0123456789", name: "b.txt")]
            let lost = try #require(site.contents.first)
            let path = "\(TestPlatform.filesDirectory(of: site.test.database))/\(lost)"
            try FileManager.default.removeItem(atPath: path)
            if let rest { try Data(rest.utf8).write(to: URL(fileURLWithPath: path)) }
            let again = try await withThrowingTaskGroup(of: String.self) { group in
                for number in 0..<4 { group.addTask { try await site.store("0123456789", name: "\(number).txt") } }
                return try await group.reduce(into: [String]()) { $0.append($1) }
            }
            // Of four copies that came at once the first took the place, and no other stayed.
            let kept = site.contents.filter { $0 != lost }
            #expect(kept.count == 1 && (rest == nil || site.contents.contains(lost)))
            for id in old + again {
                #expect(try await site.send("GET", "/\(id)/content").text == "0123456789")
            }
            let object = try #require(kept.first).suffix(36)
            #expect(try await Self.rows(site) == ["\(object) 10"])
            for id in old + again { #expect(try await site.send("DELETE", "/\(id)").status == 204) }
            #expect(site.contents.filter { $0 != lost } == [])
        }
    }

    @Test(
        "Bytes that were sent again are kept when the bucket does not say whether it has them", arguments: [403, 500])
    func unsure(status: Int) async throws {
        try await Self.with { site, bucket in
            let old = try await site.store("aaaa")
            let before = try await Self.rows(site)
            bucket.fail(with: status)
            let again = try await site.store("aaaa")
            #expect(try await Self.failures(site) == 1)
            bucket.fail(with: 200, from: .max)
            let after = try await Self.rows(site)
            #expect(before.count == 1 && after.count == 1 && before != after)
            for id in [old, again] { #expect(try await site.send("GET", "/\(id)/content").text == "aaaa") }
        }
    }

    /// The copy of each content that the tenant's rows know, and how many bytes count.
    private static func rows(_ site: FileSite) async throws -> [String] {
        try await site.test.database.asSuperuser { admin in
            let result = try await admin.run(
                """
                SELECT c.object::text || ' ' || u.stored_bytes AS copy
                FROM core.file_contents c
                JOIN core.file_usage u ON u.tenant_id = c.tenant_id
                WHERE c.tenant_id = \(site.tenant.id)
                """)
            return try result.rows.map { try $0.get("copy", as: String.self) }
        }
    }
}
