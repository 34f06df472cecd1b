import Cryptography
import Files
import NIOHTTP1
import Platform
import PluginKit
import TestKit
import Testing

/// Files over HTTP: stored, told of, sent, removed.
@Suite("Files")
struct FileTests {
    private static let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 1, 2, 3]

    /// The head of an upload of so many bytes, and the first of them.
    private static func half(_ token: String) -> [UInt8] {
        Array(
            """
            POST /v1/files?name=a.bin HTTP/1.1\r
            Host: localhost\r
            Authorization: Bearer \(token)\r
            Content-Length: 4\r
            Connection: close\r
            \r
            ab
            """.utf8)
    }

    @Test("A file whose sender loses the right to it before its last byte is not kept")
    func outlived() async throws {
        try await FileSite.with { site in
            func key(_ body: [JSONValue.Member]) async throws -> JSONValue {
                try await site.client.send(
                    "POST", "/v1/api-keys", token: site.tenant.token,
                    body: .object([.init("name", "k"), .init("permissions", ["files.write", "files.read"])] + body)
                ).json
            }
            let revoked = try await key([])
            let ending = Timestamp.now().advanced(by: .seconds(2))
            let expired = try await key([.init("expires_at", .string(ending.description))])
            let connections = try [RawConnection(site.test.url), RawConnection(site.test.url)]
            for (connection, key) in zip(connections, [revoked, expired]) {
                try await connection.send(Self.half(try #require(key["key"]?.string)))
            }
            // The bytes are taken before the right ends.
            let isReading = try await eventually { site.contents.count == 2 }
            #expect(isReading)
            let id = revoked["id"]?.string ?? ""
            let path = "/v1/api-keys/\(id)"
            #expect(try await site.client.send("DELETE", path, token: site.tenant.token).status == 204)
            let hasEnded = try await eventually {
                try await site.client.send("GET", "/v1/files", token: expired["key"]?.string).status == 401
            }
            #expect(hasEnded)
            for connection in connections {
                try await connection.send(Array("cd".utf8))
                #expect(try await connection.status() == 401)
            }
            #expect(try await site.send("GET", "").json["data"]?.array?.isEmpty == true)
            #expect(site.contents.isEmpty)
        }
    }

    @Test("A file is stored, told of, listed, sent and removed, and its bytes say what it is")
    func life() async throws {
        try await FileSite.with { site in
            let stored = try await site.upload(Self.png, name: "logo.html")
            #expect(stored.status == 201, "\(stored.text)")
            #expect(stored.json["content_type"] == "image/png" && stored.json["size"] == 11)
            #expect(stored.json["digest"] == .string(Hex.encode(SHA256.digest(Self.png))))
            #expect(stored.json["name"] == "logo.html" && stored.json["module"] == .null)
            let id = try #require(stored.json["id"]?.string)
            #expect(try await site.send("GET", "/\(id)").json == stored.json)
            #expect(try await site.send("GET", "").json["data"] == [stored.json])
            #expect(site.contents.count == 1)

            let sent = try await site.send("GET", "/\(id)/content")
            #expect(sent.status == 200 && sent.text.utf8.count > 0)
            let headers = sent.headers
            #expect(headers["Content-Type"] == ["image/png"] && headers["Content-Length"] == ["11"])
            #expect(
                headers["Content-Disposition"] == [#"attachment; filename="logo.html"; filename*=UTF-8''logo.html"#])
            #expect(headers["X-Content-Type-Options"] == ["nosniff"])
            #expect(headers["Content-Security-Policy"] == ["default-src 'none'; sandbox"])
            #expect(headers["Cache-Control"] == ["private, no-cache"])

            #expect(try await site.send("DELETE", "/\(id)").status == 204)
            for path in ["/\(id)", "/\(id)/content"] { #expect(try await site.send("GET", path).status == 404) }
            #expect(try await site.send("DELETE", "/\(id)").status == 404)
            #expect(site.contents == [])
        }
    }

    @Test("Markup and scripts are text to be saved, whatever the sender says of them")
    func markup() async throws {
        try await FileSite.with { site in
            for text in ["<html><script>alert(1)</script>", "<svg onload='x'/>", "alert(1)"] {
                let answer = try await site.upload(Array(text.utf8), headers: [("Content-Type", "text/html")])
                let id = try #require(answer.json["id"]?.string)
                let sent = try await site.send("GET", "/\(id)/content")
                #expect(sent.headers["Content-Type"] == ["text/plain; charset=utf-8"] && sent.text == text)
            }
        }
    }

    @Test("Ranges, HEAD and entity tags answer as HTTP says")
    func conditions() async throws {
        try await FileSite.with { site in
            let id = try await site.store("0123456789")
            let path = "/\(id)/content"
            let whole = try await site.send("GET", path)
            let tag = try #require(whole.headers.first(name: "ETag"))
            #expect(tag == "\"\(Hex.encode(SHA256.digest("0123456789")))\"")
            for (range, text) in [("bytes=2-4", "234"), ("bytes=7-", "789"), ("bytes=-2", "89"), ("bytes=8-99", "89")] {
                let part = try await site.send("GET", path, headers: [("Range", range)])
                #expect(part.status == 206 && part.text == text, "\(range)")
                #expect(part.headers.first(name: "Content-Range")?.hasSuffix("/10") == true)
                #expect(part.headers["Content-Length"] == ["\(text.count)"])
            }
            let outside = try await site.send("GET", path, headers: [("Range", "bytes=10-")])
            #expect(outside.status == 416 && outside.headers["Content-Range"] == ["bytes */10"])
            #expect(outside.code == "range_outside")
            let known = try await site.send("GET", path, headers: [("If-None-Match", tag)])
            #expect(known.status == 304 && known.text.isEmpty && known.headers["ETag"] == [tag])
            let changed = try await site.send(
                "GET", path, headers: [("Range", "bytes=2-4"), ("If-Range", "\"other\"")])
            #expect(changed.status == 200 && changed.text == "0123456789")
            let head = try await site.send("HEAD", path)
            #expect(head.status == 200 && head.text.isEmpty && head.headers["Content-Length"] == ["10"])
        }
    }

    @Test(
        "A name with quotes, line ends, slashes or anything else is a name, and never a path or a header",
        arguments: [
            ("a\"b;c.txt", "a\"b;c.txt"), ("a\r\nX-Evil: 1", "aX-Evil: 1"), ("Zoë 😀.txt", "Zoë 😀.txt"),
            ("../../../../tmp/evil", "evil"), ("..\\..\\evil", "evil"), ("/etc/passwd", "passwd"), ("..", "file"),
        ])
    func names(given: String, kept: String) async throws {
        try await FileSite.with { site in
            let id = try await site.store("x", name: given)
            #expect(try await site.send("GET", "/\(id)").json["name"] == .string(kept))
            let sent = try await site.send("GET", "/\(id)/content")
            #expect(sent.status == 200 && !sent.headers.contains(name: "X-Evil"))
            #expect(sent.headers["Content-Disposition"].count == 1)
            #expect(site.contents.count == 1 && site.contents.allSatisfy { !$0.contains("evil") })
        }
    }

    @Test("The same bytes are kept once for a tenant, as long as a file has them")
    func sameBytes() async throws {
        try await FileSite.with { site in
            let first = try await site.store("the same")
            let second = try await site.store("the same", name: "b.txt")
            #expect(first != second && site.contents.count == 1)
            #expect(try await site.send("DELETE", "/\(first)").status == 204)
            #expect(try await site.send("GET", "/\(second)/content").text == "the same")
            #expect(try await site.send("DELETE", "/\(second)").status == 204)
            #expect(site.contents == [])
        }
    }

    @Test("A digest that the sender names is compared, and what differs is not stored")
    func namedDigest() async throws {
        try await FileSite.with { site in
            let digest = Hex.encode(SHA256.digest([1, 2, 3]))
            #expect(try await site.upload([1, 2, 3], query: "&digest=\(digest)").status == 201)
            for wrong in [Hex.encode(SHA256.digest([1, 2])), String(repeating: "x", count: 64)] {
                let refused = try await site.upload([1, 2, 3], query: "&digest=\(wrong)")
                #expect(refused.status == 422 && refused.code == "digest_differs")
            }
            #expect(try await site.upload([1, 2, 3], query: "&digest=12").status == 422)
            #expect(site.contents.count == 1)
        }
    }

    @Test("A request that is repeated under its key stores one file")
    func idempotency() async throws {
        try await FileSite.with { site in
            let key = [("Idempotency-Key", "upload-1")]
            let first = try await site.upload([1, 2, 3], headers: key)
            let again = try await site.upload([1, 2, 3], headers: key)
            #expect(first.status == 201 && again.json == first.json)
            #expect(again.headers["Idempotency-Replayed"] == ["true"])
            for bytes: [UInt8] in [[1, 2, 3, 4], [1, 2], [1, 2, 4], []] {
                #expect(try await site.upload(bytes, headers: key).code == "idempotency_key_reused", "\(bytes)")
            }
            #expect(try await site.upload([1, 2, 3], headers: key).json == first.json)
            #expect(try await site.send("GET", "").json["data"]?.array?.count == 1)
        }
    }

    @Test("A refusal is not kept under a key: other bytes are taken under it, and so are the same ones later")
    func refusalsUnderKeys() async throws {
        try await FileSite.with(adjust: { $0.files.maximumByteCount = 1000 }) { site in
            let key = [("Idempotency-Key", "upload-2")]
            let digest = Hex.encode(SHA256.digest([1, 2, 3]))
            let large = try await site.upload(Array(repeating: 1, count: 1001), headers: key)
            #expect(large.status == 413)
            let wrong = try await site.upload([4, 5], query: "&digest=\(digest)", headers: key)
            #expect(wrong.status == 422 && wrong.code == "digest_differs")
            let stored = try await site.upload([4, 5, 6], headers: key)
            #expect(stored.status == 201 && stored.headers["Idempotency-Replayed"].isEmpty, "\(stored.text)")
            #expect(try await site.upload([4, 5, 6], headers: key).json == stored.json)
        }
        try await FileSite.with(adjust: { $0.files.place = .none }) { site in
            let key = [("Idempotency-Key", "upload-3")]
            // Nothing was read, so nothing is under way and no answer was lost.
            for bytes: [UInt8] in [[1], [1], [2, 3]] {
                let refused = try await site.upload(bytes, headers: key)
                #expect(refused.status == 503 && refused.code == "files_unavailable", "\(refused.text)")
            }
        }
    }

    @Test("A list goes from page to page, newest first")
    func pages() async throws {
        try await FileSite.with { site in
            var stored: [String] = []
            for number in 0..<5 { stored.insert(try await site.store("content \(number)"), at: 0) }
            var listed: [String] = []
            var cursor = ""
            repeat {
                let page = try await site.send("GET", "?limit=2\(cursor)")
                listed += page.json["data"]?.array?.compactMap { $0["id"]?.string } ?? []
                cursor = page.json["next_cursor"]?.string.map { "&cursor=\($0)" } ?? ""
            } while !cursor.isEmpty
            #expect(listed == stored)
        }
    }

    @Test("An installation without a place for files says so")
    func noStore() async throws {
        try await FileSite.with(adjust: { $0.files.place = .none }) { site in
            let refused = try await site.upload([1])
            #expect(refused.status == 503 && refused.code == "files_unavailable")
            #expect(try await site.send("GET", "").status == 200)
        }
    }
}
