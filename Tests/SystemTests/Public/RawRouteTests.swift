import NIOHTTP1
import PluginKit
import TestKit
import Testing

/// Routes of plugins that read bytes as they are, and lists written out whole.
@Suite("Raw routes and exports")
struct RawRouteTests {
    @Test("The handler is given every byte and the headers it named, and none that says who somebody is")
    func bytes() async throws {
        try await DoorsSite.with { site in
            let bytes: [UInt8] = [0, 255, 10, 13, 34]
            let headers = [("Content-Type", "text/plain; x=1"), ("X-One", "1"), ("X-Two", "2"), ("Cookie", "a=b")]
            let answer = try await site.client.send(
                "POST", "/v1/doors/raw", token: site.one.token, raw: bytes, headers: headers)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(
                answer.json == [
                    "bytes": [0, 255, 10, 13, 34], "type": "text/plain; x=1", "one": "1", "secrets": false,
                ])
            #expect(try await site.client.send("POST", "/v1/doors/raw", raw: bytes, headers: headers).status == 401)
        }
    }

    @Test("What is not declared is refused, and no answer becomes a page or a header")
    func refusals() async throws {
        try await DoorsSite.with { site in
            func send(_ body: String, _ headers: [(String, String)]) async throws -> TestClient.Answer {
                try await site.client.send(
                    "POST", "/v1/doors/raw", token: site.one.token, raw: Array(body.utf8), headers: headers)
            }
            let text = ("Content-Type", "text/plain")
            #expect(try await send("{}", [("Content-Type", "application/json")]).status == 415)
            #expect(try await send(String(repeating: "a", count: 1001), [text]).status == 413)
            #expect(try await send("a", [text, ("Idempotency-Key", "k")]).code == "idempotency_key_unsupported")
            let page = try await send("page", [text])
            #expect(page.status == 200 && page.headers["Content-Type"].isEmpty && page.headers["X-Evil"].isEmpty)
            #expect(page.headers["Content-Security-Policy"] == ["default-src 'none'; sandbox"])
            #expect(page.headers["X-Content-Type-Options"] == ["nosniff"])
        }
    }

    @Test("A74: An export holds every element of the tenant once, in order, and no other's")
    func exports() async throws {
        try await DoorsSite.with { site in
            try await site.write((0..<1234).map { "title \($0)" }, status: "draft", of: site.one)
            try await site.write(["of the other"], status: "draft", of: site.other)
            let answer = try await site.client.send("GET", "/v1/doors/export", token: site.one.token)
            #expect(answer.status == 200 && answer.headers["Content-Type"] == ["application/x-ndjson"])
            let lines = try answer.text.split(separator: "\n").map { try JSONParser.parse(Array($0.utf8)) }
            let ids = lines.compactMap { $0["id"]?.string }
            #expect(ids.count == 1234 && ids == ids.sorted(by: >) && Set(ids).count == 1234)
            #expect(!answer.text.contains("of the other"))
            let empty = try await site.client.send("HEAD", "/v1/doors/export", token: site.one.token)
            #expect(empty.status == 200 && empty.text.isEmpty)
            for path in ["/v1/doors/export?format=xml", "/v1/doors/export?limit=3"] {
                #expect(try await site.client.send("GET", path, token: site.one.token).status == 422, "\(path)")
            }
        }
    }

    @Test("An export goes on only as it is read, and ends unfinished with the right to read it")
    func revocation() async throws {
        try await DoorsSite.with { site in
            let filler = String(repeating: "x", count: 280)
            try await site.write((0..<40_000).map { "\($0) \(filler)" }, status: "draft", of: site.one)
            let connection = try RawConnection(site.test.url)
            let lines = [
                "GET /v1/doors/export HTTP/1.1", "Host: a.example", "Authorization: Bearer \(site.one.token)",
                "Connection: close", "", "",
            ]
            try await connection.send(Array(lines.joined(separator: "\r\n").utf8))
            #expect(try await connection.status() == 200)
            // What the sockets hold is on its way; the rest waits for the reader.
            let left = try await site.client.send("POST", "/v1/auth/logout", token: site.one.token)
            #expect(left.status == 204)
            let (text, isAtEnd) = try await connection.readToEnd()
            #expect(isAtEnd && !text.hasSuffix("0\r\n\r\n"))
            #expect(text.utf8.count { $0 == 0x0A } < 39_000, "\(text.utf8.count)")
        }
    }

    @Test("In CSV each cell stays in its place, and none becomes a formula")
    func csv() async throws {
        try await DoorsSite.with { site in
            let titles = ["plain", "a,b", "say \"x\"", "two\nlines", "=1+1", "@x", "+1", "-1", "\tx", "a\"\u{200D},=1"]
            try await site.write(titles, status: "draft", of: site.one)
            let answer = try await site.client.send("GET", "/v1/doors/export?format=csv", token: site.one.token)
            #expect(answer.headers["Content-Type"] == ["text/csv; charset=utf-8; header=present"])
            #expect(answer.headers["Content-Disposition"].first?.contains("export.csv") == true)
            #expect(answer.text.hasPrefix("id,title,version\r\n") && answer.text.hasSuffix(",1\r\n"))
            let cells = [
                ",plain,1\r\n", ",\"a,b\",1", ",\"say \"\"x\"\"\",1", ",\"two\nlines\",1", ",'=1+1,1", ",'@x,1",
                ",'+1,1", ",'-1,1", ",'\tx,1", ",\"a\"\"\u{200D},=1\",1",
            ]
            for cell in cells { #expect(answer.text.contains(cell), "\(cell)") }
        }
    }
}
