import TestKit
import Testing

/// What is no HTTP ends its own connection and nothing else.
@Suite("Raw connections")
struct RawConnectionTests {
    private static let brokenRequests: [(name: String, text: String)] = [
        ("noise", "\u{1}\u{2}\u{3}\r\n\r\n"),
        ("no version", "GET /healthz\r\n\r\n"),
        ("unknown version", "GET /healthz HTTP/9.9\r\nHost: a\r\n\r\n"),
        ("header without colon", "GET /healthz HTTP/1.1\r\nHost a\r\n\r\n"),
        ("NUL in a header", "GET /healthz HTTP/1.1\r\nHost: a\u{0}b\r\n\r\n"),
        ("no number as length", "POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: ten\r\n\r\n"),
        ("negative length", "POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"),
        ("two lengths", "POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
        (
            "oversized header",
            "GET /healthz HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 1 << 20))\r\n\r\n"
        ),
    ]

    @Test("Broken HTTP is refused or hung up on, and the server serves on")
    func brokenHTTP() async throws {
        try await TestPlatform.with { test in
            for request in Self.brokenRequests {
                let connection = try RawConnection(test.url)
                try await connection.send(Array(request.text.utf8))
                let status = try await connection.status()
                #expect(
                    status == 0 || (400..<500).contains(status ?? -1), "\(request.name): \(String(describing: status))")
                #expect(try await TestClient(test.url).send("GET", "/healthz").status == 200, "after \(request.name)")
            }
        }
    }

    @Test(
        "A body that breaks off, or whose chunks are none, is the client's error, and the connection ends",
        arguments: [
            ("Content-Length: 100", "{\"a\":"), ("Transfer-Encoding: chunked", "5\r\n{\"a\":\r\n"),
            ("Transfer-Encoding: chunked", "zz\r\n"),
        ])
    func brokenBody(framing: String, body: String) async throws {
        try await TestPlatform.with { test in
            let lines = ["POST /v1/auth/login HTTP/1.1", "Host: a", "Content-Type: application/json", framing, ""]
            let connection = try RawConnection(test.url)
            try await connection.send(Array((lines + [body]).joined(separator: "\r\n").utf8))
            // What is no chunk shows without that.
            if body != "zz\r\n" { connection.endSending() }
            let (answer, isAtEnd) = try await connection.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 400 ") && isAtEnd, "\(answer)")
            #expect(answer.contains(#""code":"body_incomplete""#), "\(answer)")
            #expect(answer.lowercased().contains("\r\nconnection: close\r\n"), "\(answer)")
        }
    }

    @Test("A body that does not come keeps nobody else waiting")
    func slowBody() async throws {
        try await TestPlatform.with { test in
            let head =
                "POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
            let connection = try RawConnection(test.url)
            try await connection.send(Array(head.utf8))
            // Within the body's own time limit.
            #expect(try await TestClient(test.url).send("GET", "/readyz").status == 200)
        }
    }
}
