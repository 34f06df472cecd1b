import Files
import HTTP
import Platform
import PluginKit
import TestKit
import Testing

/// What is too large, too slow, too much or cut off leaves nothing behind.
@Suite("Limits of files")
struct FileLimitTests {
    private static func head(_ site: FileSite, _ lines: String) -> String {
        """
        POST /v1/files?name=a HTTP/1.1\r
        Host: a\r
        Authorization: Bearer \(site.tenant.token)\r
        \(lines)\r
        \r

        """
    }

    /// Sends bytes as one chunk after the other.
    private static func chunk(_ count: Int) -> [UInt8] {
        Array("\(String(count, radix: 16))\r\n".utf8) + Array(repeating: 0x61, count: count) + [13, 10]
    }

    @Test("A file may have as many bytes as the limit says, and not one more, however they are sent")
    func size() async throws {
        try await FileSite.with(
            adjust: {
                $0.files.maximumByteCount = 1000
                $0.connectionLimits.body = .seconds(1)
            }
        ) { site in
            #expect(try await site.upload(Array(repeating: 1, count: 1000)).status == 201)
            let refused = try await site.upload(Array(repeating: 2, count: 1001))
            #expect(refused.status == 413 && refused.code == "body_too_large")
            let connection = try RawConnection(site.test.url)
            let start = Array(Self.head(site, "Transfer-Encoding: chunked").utf8)
            try await connection.send(start + Self.chunk(600) + Self.chunk(600))
            // Answered before the body ends; a body that then does not end costs the connection.
            let (answer, isAtEnd) = try await connection.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 413 ") && isAtEnd, "\(answer)")
            // Whoever sends the rest may go on.
            let patient = try RawConnection(site.test.url)
            let rest = Self.chunk(600) + Self.chunk(600) + Array("0\r\n\r\n".utf8)
            try await patient.send(
                start + rest + Array("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8))
            let both = try await patient.readToEnd().text
            #expect(both.contains("HTTP/1.1 413 ") && both.contains("HTTP/1.1 200 "), "\(both)")
            #expect(site.contents.count == 1)
            #expect(try await site.send("GET", "").json["data"]?.array?.count == 1)
        }
    }

    @Test("Where the disk would have less left than its reserve, an upload is answered 503, and what is there is read")
    func fullDisk() async throws {
        try await FileSite.with { site in
            let id = try await site.store("before")
            try await site.test.withAnother(adjust: { $0.files.reserve.byteCount = .max }) { test in
                let full = FileSite(
                    test: test, tenant: site.tenant, other: site.other, client: TestClient(test.url))
                let refused = try await full.upload([1, 2, 3])
                #expect(refused.status == 503 && refused.code == "files_unavailable", "\(refused.text)")
                #expect(refused.text.contains("no room"))
                #expect(try await full.send("GET", "/\(id)/content").text == "before")
                #expect(full.contents.count == 1)
            }
        }
    }

    @Test(
        "A body that ends before its time is not stored",
        arguments: ["Content-Length: 5000", "Transfer-Encoding: chunked"])
    func cutOff(framing: String) async throws {
        try await FileSite.with { site in
            do {
                let connection = try RawConnection(site.test.url)
                let body = framing.hasPrefix("C") ? Array(repeating: 1, count: 3000) : Self.chunk(3000)
                try await connection.send(Array(Self.head(site, framing).utf8) + body)
                let holds1 = try await eventually { !site.contents.isEmpty }
                #expect(holds1)
            }
            let holds2 = try await eventually { site.contents.isEmpty }
            #expect(holds2)
            #expect(try await site.send("GET", "").json["data"] == [])
        }
    }

    @Test("A body that hardly comes is answered with 408, and leaves nothing")
    func slow() async throws {
        try await FileSite.with(adjust: { $0.connectionLimits.body = .milliseconds(300) }) { site in
            let connection = try RawConnection(site.test.url)
            try await connection.send(Array((Self.head(site, "Content-Length: 5000") + "ab").utf8))
            let (answer, isAtEnd) = try await connection.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 408 ") && isAtEnd, "\(answer)")
            #expect(site.contents == [])
        }
    }

    @Test("A tenant stores as many bytes as its limit says; the same bytes count once, and removed ones no more")
    func quota() async throws {
        try await FileSite.with { site in
            try await site.limit(["storage_bytes": 1000])
            let first = try await site.upload(Array(repeating: 1, count: 600))
            #expect(first.status == 201)
            #expect(try await site.upload(Array(repeating: 1, count: 600)).status == 201)
            let refused = try await site.upload(Array(repeating: 2, count: 401))
            #expect(refused.status == 409 && refused.code == "limit_reached")
            #expect(site.contents.count == 1)
            let another = try await site.upload(Array(repeating: 2, count: 401), as: site.other)
            #expect(another.status == 201)
            #expect(try await site.upload(Array(repeating: 3, count: 400)).status == 201)
            for file in try await site.send("GET", "").json["data"]?.array ?? [] {
                #expect(try await site.send("DELETE", "/\(file["id"]?.string ?? "")").status == 204)
            }
            #expect(try await site.upload(Array(repeating: 4, count: 1000)).status == 201)
        }
    }

    @Test("A tenant that is at its limit is refused before it has sent anything")
    func full() async throws {
        try await FileSite.with { site in
            try await site.limit(["storage_bytes": 1000])
            #expect(try await site.upload(Array(repeating: 1, count: 1000)).status == 201)
            let connection = try RawConnection(site.test.url)
            try await connection.send(Array(Self.head(site, "Content-Length: 5000").utf8))
            #expect(try await connection.status() == 409)
            #expect(site.contents.count == 1)
            #expect(try await site.upload([1], as: site.other).status == 201)
        }
    }

    /// Begins an upload of 5000 bytes, and waits until some of them lie on the disk.
    private static func begin(_ site: FileSite) async throws -> RawConnection {
        let connection = try RawConnection(site.test.url)
        try await connection.send(Array(head(site, "Content-Length: 5000").utf8) + Array(repeating: 1, count: 3000))
        let isTaken = try await eventually { !site.contents.isEmpty }
        #expect(isTaken)
        return connection
    }

    @Test("A tenant has so many uploads under way and no more, and takes nothing from another")
    func uploadsOfTenant() async throws {
        try await FileSite.with(adjust: { $0.files.maximumUploadsOfTenant = 1 }) { site in
            let connection = try await Self.begin(site)
            let refused = try await site.upload([1])
            #expect(refused.status == 429 && refused.code == "too_many_uploads")
            #expect(refused.header("Retry-After") == "5")
            #expect(try await site.upload([1], as: site.other).status == 201)
            try await connection.send(Array(repeating: 1, count: 2000))
            #expect(try await connection.status() == 201)
            #expect(try await site.upload([1]).status == 201)
        }
    }

    @Test("A server has so many uploads under way and no more, also when one ends in the middle")
    func uploads() async throws {
        try await FileSite.with(adjust: { $0.files.maximumUploads = 1 }) { site in
            do {
                let connection = try await Self.begin(site)
                let refused = try await site.upload([1], as: site.other)
                #expect(refused.status == 503 && refused.code == "uploads_busy")
                #expect(refused.header("Retry-After") == "5")
                withExtendedLifetime(connection) {}
            }
            let isFree = try await eventually { try await site.upload([1], as: site.other).status == 201 }
            #expect(isFree)
        }
    }

    @Test("A body that goes on coming, and takes all too long for its size, is answered with 408")
    func lasting() async throws {
        try await FileSite.with(adjust: { $0.connectionLimits.body = .seconds(1) }) { site in
            let connection = try RawConnection(site.test.url)
            try await connection.send(Array(Self.head(site, "Content-Length: 65536").utf8))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    // Eight seconds in all, of which five are given.
                    for _ in 0..<32 {
                        try await connection.send(Array(repeating: 1, count: 2048))
                        try await Task.sleep(for: .milliseconds(250))
                    }
                }
                let status = try await connection.status()
                #expect(status == 408)
                group.cancelAll()
            }
            let isGone = try await eventually { site.contents.isEmpty }
            #expect(isGone)
        }
    }

    @Test("A repeated upload is bounded like the first one: in its size, and in how many are under way")
    func repeated() async throws {
        try await FileSite.with(adjust: {
            $0.files.maximumByteCount = 5000
            $0.files.maximumUploadsOfTenant = 1
        }) { site in
            let key = [("Idempotency-Key", "again")]
            let first = try await site.upload([1], headers: key)
            #expect(first.status == 201)
            let large = try await site.upload(Array(repeating: 1, count: 5001), headers: key)
            #expect(large.status == 413 && large.code == "body_too_large", "\(large.text)")
            let connection = try RawConnection(site.test.url)
            let half = Array(Self.head(site, "Content-Length: 5000").utf8) + Array(repeating: 1, count: 3000)
            try await connection.send(half)
            let isUnderWay = try await eventually { site.contents.contains { $0.hasPrefix("incoming/") } }
            #expect(isUnderWay)
            let refused = try await site.upload([1], headers: key)
            #expect(refused.status == 429 && refused.code == "too_many_uploads", "\(refused.text)")
            try await connection.send(Array(repeating: 1, count: 2000))
            #expect(try await connection.status() == 201)
            #expect(try await site.upload([1], headers: key).json == first.json)
        }
    }
}
