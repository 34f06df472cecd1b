import Files
import Foundation
import Platform
import PluginKit
import Postgres
import TestKit
import Testing

/// The whole platform with its files in a bucket.
@Suite("Files in a bucket")
struct FileBucketTests {
    @Test("What is stored, sent, linked, swept and erased is so in a bucket too, and nothing stays on this machine")
    func life() async throws {
        try await S3Server.with { server in
            let (settings, spool) = (try server.settings(), "/tmp/romashka-spool-\(UUID().uuidString.prefix(8))")
            defer { try? FileManager.default.removeItem(atPath: spool) }
            try await FileSite.with(adjust: { $0.files.place = .bucket(settings, spool: spool) }) { site in
                let text = String(repeating: "0123456789", count: 100_000)
                let (id, second) = (try await site.store(text), try await site.store(text, name: "again"))
                let foreign = try await site.store(text, as: site.other)
                #expect(try await site.send("GET", "/\(id)/content").text == text)
                let part = try await site.send("GET", "/\(id)/content", headers: [("Range", "bytes=999990-")])
                #expect(part.status == 206 && part.text == "0123456789")
                #expect(try await site.client.send("GET", try await site.link(id)).text == text)
                #expect(try await site.send("GET", "/\(foreign)/content").status == 404)
                #expect(try await keys(settings, spool) == 2)
                #expect(try await site.send("DELETE", "/\(id)").status == 204)
                #expect(try await site.send("GET", "/\(second)/content").text == text)
                let tomorrow = Timestamp.now().advanced(by: .seconds(90_000))
                #expect(try await site.test.platform.fileKeeper.sweep(now: tomorrow) == 0)
                try await sweepOrphan(site, settings, spool)
                #expect(try await keys(settings, spool) == 2)

                let path = "/v1/operator/tenants/\(site.tenant.id)"
                _ = try await site.client.send("POST", path + "/suspend", token: site.test.operatorToken)
                let erased = try await site.client.send(
                    "POST", path + "/erase", token: site.test.operatorToken, body: ["confirm": "acme"])
                #expect(erased.json["proof"]?["files"]?["erased"] == 1)
                #expect(erased.json["proof"]?["files"]?["left"] == 0)
                #expect(try await keys(settings, spool) == 1)
                #expect(try FileManager.default.contentsOfDirectory(atPath: spool) == [])
            }
        }
    }

    @Test("A file whose bytes the bucket has lost is there again when somebody sends them again")
    func sentAgain() async throws {
        try await S3Server.with { server in
            let (settings, spool) = (try server.settings(), "/tmp/romashka-spool-\(UUID().uuidString.prefix(8))")
            defer { try? FileManager.default.removeItem(atPath: spool) }
            try await FileSite.with(adjust: { $0.files.place = .bucket(settings, spool: spool) }) { site in
                let old = try await site.store("0123456789")
                let store = try S3FileStore(settings, spool: spool)
                try await store.forEach(of: nil, before: nil) { addresses in
                    for address in addresses { try await store.remove(address) }
                }
                await store.close()
                #expect(try await site.send("GET", "/\(old)/content").status == 503)
                let again = try await site.store("0123456789", name: "again")
                for id in [old, again] { #expect(try await site.send("GET", "/\(id)/content").text == "0123456789") }
                #expect(try await keys(settings, spool) == 1)
            }
        }
    }

    @Test("A bucket that is not there is 503 for whoever sends a file, and nothing is told of it")
    func unreachable() async throws {
        let nobody = S3Settings(
            endpoint: "http://127.0.0.1:9", bucket: "bucket", region: "r", accessKeyID: "k", secretAccessKey: "s")
        let (settings, spool) = (try #require(nobody), "/tmp/romashka-spool-\(UUID().uuidString.prefix(8))")
        defer { try? FileManager.default.removeItem(atPath: spool) }
        try await FileSite.with(adjust: { $0.files.place = .bucket(settings, spool: spool) }) { site in
            let refused = try await site.upload([1, 2, 3])
            #expect(refused.status == 503 && refused.code == "files_unavailable")
            #expect(!refused.text.contains("127.0.0.1") && !refused.text.contains("bucket"))
            #expect(try await site.send("GET", "").json["data"] == [])
            #expect(try FileManager.default.contentsOfDirectory(atPath: spool) == [])
        }
    }

    /// A content that no row knows stays until it was on the list for a week.
    private func sweepOrphan(_ site: FileSite, _ settings: S3Settings, _ spool: String) async throws {
        let store = try S3FileStore(settings, spool: spool)
        let spooled = try await store.spool.receive(atMost: 10) { _, consume in try await consume([1, 2]) }
        let address = ContentAddress(tenant: site.other.id, digest: spooled.digest, object: UUID())
        try await store.publish(spooled, as: address)
        await store.close()
        let keeper = site.test.platform.fileKeeper
        let tomorrow = Timestamp.now().advanced(by: .seconds(90_000))
        for _ in 0..<2 { #expect(try await keeper.sweep(now: tomorrow) == 0) }
        #expect(try await keys(settings, spool) == 3)
        _ = try await site.test.database.asSuperuser { admin in
            try await admin.run("UPDATE core.file_orphans SET seen_at = seen_at - interval '8 days'").affected
        }
        #expect(try await keeper.sweep(now: tomorrow) == 1)
    }

    /// How many contents are in the bucket.
    private func keys(_ settings: S3Settings, _ spool: String) async throws -> Int {
        let store = try S3FileStore(settings, spool: spool)
        var count = 0
        try await store.forEach(of: nil, before: nil) { count += $0.count }
        await store.close()
        return count
    }
}
