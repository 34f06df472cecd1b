import Cryptography
import Files
import Foundation
import PluginKit
import Postgres
import TestKit
import Testing

/// Files of one tenant, tried with all that another one can have or guess: ids, digests, links, bytes and quotas.
@Suite("IsolationBattery: files")
struct IsolationBatteryFileTests {
    /// The ways to a file by its id.
    private static let ways: [(method: String, suffix: String, body: JSONValue?)] = [
        ("GET", "", nil), ("HEAD", "", nil), ("GET", "/content", nil), ("HEAD", "/content", nil), ("DELETE", "", nil),
        ("POST", "/links", ["expires_in": 60]),
    ]

    /// What an answer says, but for what names the request.
    private static func essence(_ answer: TestClient.Answer) -> [String] {
        let ignored: Set<String> = ["x-request-id", "traceparent", "date"]
        let headers = answer.headers.filter { !ignored.contains($0.name.lowercased()) }
        return ["\(answer.status)", "\(answer.withoutRequestID)"] + headers.map { "\($0.name): \($0.value)" }.sorted()
    }

    @Test("another tenant's file answers exactly like a missing one, whole, in part and to conditions")
    func foreignIDs() async throws {
        try await FileSite.with { site in
            let id = try await site.store("the canary's content")
            let tag = "\"\(Hex.encode(SHA256.digest("the canary's content")))\""
            let conditions: [[(String, String)]] = [
                [], [("If-None-Match", tag)], [("If-None-Match", "*")], [("Range", "bytes=0-3")],
                [("Range", "bytes=99-")], [("If-Range", tag), ("Range", "bytes=0-1")],
            ]
            for way in Self.ways {
                for headers in way.body == nil && way.method != "DELETE" ? conditions : [[]] {
                    let foreign = try await site.send(
                        way.method, "/\(id)\(way.suffix)", way.body, as: site.other, headers: headers)
                    let missing = try await site.send(
                        way.method, "/\(FileID.make())\(way.suffix)", way.body, as: site.other, headers: headers)
                    #expect(foreign.status == 404, "\(way) \(headers)")
                    #expect(Self.essence(foreign) == Self.essence(missing), "\(way) \(headers)")
                }
            }
            #expect(try await site.send("GET", "", as: site.other).json["data"] == [])
            #expect(try await site.send("GET", "/\(id)/content").text == "the canary's content")
        }
    }

    @Test("the same bytes tell nothing: another tenant's upload of them is answered alike and kept apart")
    func sameBytes() async throws {
        try await FileSite.with { site in
            let (bytes, digest) = (Array("known to both".utf8), Hex.encode(SHA256.digest("known to both")))
            let own = try await site.upload(bytes)
            for query in ["", "&digest=\(digest)"] {
                let probe = try await site.upload(bytes, as: site.other, query: query)
                let fresh = try await site.upload(Array("never seen\(query.count)".utf8), as: site.other)
                #expect(probe.status == fresh.status && probe.status == 201)
                #expect(probe.json["id"] != own.json["id"])
                let names = [probe, fresh].map { answer in Set(answer.headers.map(\.name)) }
                #expect(names[0] == names[1])
            }
            #expect(site.contents.filter { $0.contains(digest) }.count == 2, "each has a copy of its own")
            // Nor does the digest alone fetch anything, or stand for bytes that were not sent.
            let claimed = try await site.upload([], as: site.other, query: "&digest=\(digest)")
            #expect(claimed.status == 422 && claimed.code == "digest_differs")
            let files = try await site.send("GET", "", as: site.other).json["data"]?.array ?? []
            for file in files {
                #expect(try await site.send("DELETE", "/\(file["id"]?.string ?? "")", as: site.other).status == 204)
            }
            let id = try #require(own.json["id"]?.string)
            #expect(try await site.send("GET", "/\(id)/content").text == "known to both")
            #expect(site.contents.count == 1)
        }
    }

    @Test("one tenant's full quota neither shows nor counts in another's")
    func quotas() async throws {
        try await FileSite.with { site in
            try await site.limit(["storage_bytes": 100])
            #expect(try await site.upload(Array(repeating: 1, count: 100)).status == 201)
            #expect(try await site.upload(Array(repeating: 1, count: 100), as: site.other).status == 201)
            #expect(try await site.upload(Array(repeating: 2, count: 1000), as: site.other).status == 201)
            #expect(try await site.upload([3]).code == "limit_reached")
        }
    }

    @Test(
        "a link is its tenant's: with another tenant's id, another file's or a session of another it stays what it is")
    func links() async throws {
        try await FileSite.with { site in
            let (mine, theirs) = (try await site.store("mine"), try await site.store("theirs", as: site.other))
            let link = try await site.link(mine)
            let token = try #require(link.split(separator: "/").last.map(String.init))
            let bytes = try #require(Base64URL.decode(token))
            let files = [try #require(FileID(mine)?.uuid), try #require(FileID(theirs)?.uuid)]
            let ids = ([site.tenant.id.uuid, site.other.id.uuid] + files).map(Self.bytes)
            for tenant in ids.prefix(2) {
                for file in ids.suffix(2) where tenant + file != ids[0] + ids[2] {
                    let forged = Base64URL.encode(tenant + file + bytes[32...])
                    #expect(try await site.client.send("GET", "/files/\(forged)").status == 404)
                }
            }
            // Whoever has the link may load it; a session adds nothing and takes nothing away.
            let loaded = try await site.client.send("GET", link, token: site.other.token)
            #expect(loaded.status == 200 && loaded.text == "mine")
            #expect(try await site.client.send("DELETE", link, token: site.other.token).status == 405)
        }
    }

    @Test("A62: an idempotency key of one tenant replays nothing to another")
    func idempotencyKeys() async throws {
        try await FileSite.with { site in
            let key = [("Idempotency-Key", "the-same-key")]
            let first = try await site.upload([1, 2, 3], headers: key)
            let other = try await site.upload([1, 2, 3], as: site.other, headers: key)
            #expect(other.status == 201 && other.json["id"] != first.json["id"])
            #expect(!other.headers.contains { $0.name.lowercased() == "idempotency-replayed" })
        }
    }

    private static func bytes(_ id: UUID) -> [UInt8] { withUnsafeBytes(of: id.uuid) { Array($0) } }
}
