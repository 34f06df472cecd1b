import Files
import Foundation
import Platform
import PluginKit
import Postgres
import TestKit
import Testing

/// Uploads and removals of the same bytes at once, what a crash leaves, and what an erasure takes.
@Suite("Content of files")
struct FileRaceTests {
    @Test("However uploads and removals of the same bytes meet, a file that is there can be read")
    func race() async throws {
        try await FileSite.with { site in
            let found = try await withThrowingTaskGroup(of: [String].self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        var kept: [String] = []
                        for round in 0..<15 {
                            let id = try await site.store("the same bytes")
                            let read = try await site.send("GET", "/\(id)/content")
                            if read.text != "the same bytes" { kept.append("lost \(read.status)") }
                            if round < 14 {
                                let removed = try await site.send("DELETE", "/\(id)")
                                if removed.status != 204 { kept.append("not removed \(removed.status)") }
                            } else {
                                kept.append(id)
                            }
                        }
                        return kept
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(found.count == 6, "\(found)")
            for id in found { #expect(try await site.send("GET", "/\(id)/content").text == "the same bytes") }
            #expect(site.contents.count == 1)
            let usage = try await site.test.database.asSuperuser { admin in
                try await admin.run("SELECT stored_bytes FROM core.file_usage WHERE tenant_id = \(site.tenant.id)")
                    .first?.get("stored_bytes", as: Int.self)
            }
            #expect(usage == 14)
        }
    }

    /// Later than a day from now, when everything of a test is old.
    private static var tomorrow: Timestamp { Timestamp.now().advanced(by: .seconds(90_000)) }

    @Test("What a crash leaves is swept once it is old and was unknown for a week, and nothing else")
    func sweep() async throws {
        try await FileSite.with { site in
            let id = try await site.store("kept")
            let root = TestPlatform.filesDirectory(of: site.test.database)
            let kept = site.contents
            // A content without a row, of a tenant that is and of one that is not; an upload that never ended.
            let orphans = try await [site.tenant.id, TenantID.make()].asyncMap { tenant in
                try await Self.leave(in: root, tenant)
            }
            try Data([1]).write(to: URL(fileURLWithPath: "\(root)/incoming/\(ID<Void>.make())"))
            #expect(site.contents.count == 4 && orphans.allSatisfy(site.contents.contains))
            #expect(try await site.test.platform.fileKeeper.sweep() == 0)
            #expect(site.contents.count == 4)
            // As after a restore: the database knows nothing of them, and whoever does may come back.
            let keeper = site.test.platform.fileKeeper
            for _ in 0..<2 { #expect(try await keeper.sweep(now: Self.tomorrow) == 0) }
            #expect(site.contents == (kept + orphans).sorted())
            #expect(try await Self.noted(site) == orphans.sorted())
            try await Self.setBack(site, "6 days")
            #expect(try await keeper.sweep(now: Self.tomorrow) == 0)
            try await Self.setBack(site, "2 days")
            #expect(try await keeper.sweep(now: Self.tomorrow) == 2)
            #expect(site.contents == kept)
            #expect(try await Self.noted(site).isEmpty)
            #expect(try await site.send("GET", "/\(id)/content").text == "kept")
        }
    }

    @Test("Of what lies among the uploads, only uploads are swept")
    func foreignFiles() async throws {
        try await FileSite.with { site in
            let spool = "\(TestPlatform.filesDirectory(of: site.test.database))/incoming"
            let foreign = ["2026-11-21", "id", "\(ID<Void>.make())-copy"].sorted()
            for name in foreign + ["\(ID<Void>.make())"] {
                try Data([1]).write(to: URL(fileURLWithPath: "\(spool)/\(name)"))
            }
            try await site.test.platform.fileKeeper.sweep(now: Self.tomorrow)
            #expect(try FileManager.default.contentsOfDirectory(atPath: spool).sorted() == foreign)
        }
    }

    @Test("A content that a row knows again is taken off the list, and begins anew when it is lost once more")
    func knownAgain() async throws {
        try await FileSite.with { site in
            let keeper = site.test.platform.fileKeeper
            let root = TestPlatform.filesDirectory(of: site.test.database)
            let path = try await Self.leave(in: root, site.tenant.id)
            let address = try #require(ContentAddress(path: path))
            #expect(try await keeper.sweep(now: Self.tomorrow) == 0)
            try await Self.setBack(site, "8 days")
            try await site.test.database.asSuperuser { admin in
                try await admin.run(
                    """
                    INSERT INTO core.file_contents (tenant_id, digest, object, size)
                    VALUES (\(address.tenant), \(address.digest), \(ID<Void>(address.object)), 2)
                    """)
            }
            #expect(try await keeper.sweep(now: Self.tomorrow) == 0)
            #expect(try await Self.noted(site).isEmpty)
            try await site.test.database.asSuperuser { admin in
                try await admin.run("DELETE FROM core.file_contents WHERE tenant_id = \(address.tenant)")
            }
            #expect(try await keeper.sweep(now: Self.tomorrow) == 0)
            #expect(site.contents == [path])
            #expect(try await Self.noted(site) == [path])
        }
    }

    @Test("What is no longer in the store is taken off the list")
    func gone() async throws {
        try await FileSite.with { site in
            let root = TestPlatform.filesDirectory(of: site.test.database)
            let path = try await Self.leave(in: root, site.tenant.id)
            let keeper = site.test.platform.fileKeeper
            try await keeper.sweep(now: Self.tomorrow)
            #expect(try await Self.noted(site) == [path])
            try FileManager.default.removeItem(atPath: "\(root)/\(path)")
            try await keeper.sweep(now: Self.tomorrow)
            #expect(try await Self.noted(site).isEmpty)
        }
    }

    /// The contents that are on the list, in order.
    private static func noted(_ site: FileSite) async throws -> [String] {
        try await site.test.database.asSuperuser { admin in
            let result = try await admin.run("SELECT path FROM core.file_orphans")
            return try result.rows.map { try $0.get("path", as: String.self) }.sorted()
        }
    }

    /// Lets what is on the list have been there for longer.
    private static func setBack(_ site: FileSite, _ time: String) async throws {
        _ = try await site.test.database.asSuperuser { admin in
            try await admin.run("UPDATE core.file_orphans SET seen_at = seen_at - \(time)::text::interval").affected
        }
    }

    /// Puts a content into the store as if the process had ended before its row was written.
    private static func leave(in root: String, _ tenant: TenantID) async throws -> String {
        let store = try LocalFileStore(directory: root)
        let spooled = try await store.spool.receive(atMost: 10) { _, consume in try await consume([1, 2]) }
        let address = ContentAddress(tenant: tenant, digest: spooled.digest, object: UUID())
        try await store.publish(spooled, as: address)
        return address.path
    }

    @Test("An erased tenant's contents are gone, its proof counts them, and another tenant's same bytes stay")
    func erasure() async throws {
        try await FileSite.with { site in
            for text in ["one", "two", "one"] { _ = try await site.store(text) }
            let kept = try await site.store("one", as: site.other)
            #expect(site.contents.count == 3)
            let path = "/v1/operator/tenants/\(site.tenant.id)"
            _ = try await site.client.send("POST", path + "/suspend", token: site.test.operatorToken)
            let erased = try await site.client.send(
                "POST", path + "/erase", token: site.test.operatorToken, body: ["confirm": "acme"])
            #expect(erased.status == 200, "\(erased.text)")
            for (name, count) in [("files", 2), ("core.files", 3), ("core.file_contents", 2)] {
                let proof = erased.json["proof"]?[name]
                #expect(proof?["erased"] == .integer(Int64(count)) && proof?["left"] == 0, "\(name)")
            }
            #expect(site.contents.count == 1 && site.contents[0].hasPrefix(site.other.id.description))
            let root = TestPlatform.filesDirectory(of: site.test.database)
            #expect(!FileManager.default.fileExists(atPath: "\(root)/\(site.tenant.id)"))
            #expect(try await site.send("GET", "/\(kept)/content", as: site.other).text == "one")
        }
    }
}

extension Sequence {
    fileprivate func asyncMap<Value>(_ body: (Element) async throws -> Value) async throws -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await body(element)) }
        return values
    }
}
