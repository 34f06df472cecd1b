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

    @Test("What a crash leaves is swept once it is old, and nothing else")
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
            let tomorrow = Timestamp.now().advanced(by: .seconds(90_000))
            #expect(try await site.test.platform.fileKeeper.sweep(now: tomorrow) == 2)
            #expect(site.contents == kept)
            #expect(try await site.send("GET", "/\(id)/content").text == "kept")
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
