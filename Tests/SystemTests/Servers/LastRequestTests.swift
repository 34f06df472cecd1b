import TestKit
import Testing

/// Requests after which the connection ends, as their clients see it.
@Suite("Last requests")
struct LastRequestTests {
    private static func request(_ lines: String..., version: String = "1.1") -> [UInt8] {
        Array((["GET /healthz HTTP/\(version)", "Host: a"] + lines + ["", ""]).joined(separator: "\r\n").utf8)
    }

    /// Whether the server has closed for good, and takes no byte more.
    private static func isClosed(_ connection: RawConnection) async throws -> Bool {
        // Well within the time that a connection may be idle.
        try await eventually { connection.isRefused }
    }

    @Test("Who offers another protocol is answered in this one, and the connection ends")
    func upgrade() async throws {
        try await TestPlatform.with { test in
            let connection = try RawConnection(test.url)
            try await connection.send(
                Self.request(
                    "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAA"))
            let (text, isAtEnd) = try await connection.readToEnd()
            #expect(text.hasPrefix("HTTP/1.1 200 ") && isAtEnd, "\(text)")
            #expect(text.lowercased().contains("\r\nconnection: close\r\n"), "\(text)")
            let isClosed = try await Self.isClosed(connection)
            #expect(isClosed)
        }
    }

    @Test("A request for a tunnel ends the connection")
    func tunnel() async throws {
        try await TestPlatform.with { test in
            let connection = try RawConnection(test.url)
            try await connection.send(Array("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n".utf8))
            #expect(try await connection.readToEnd().isAtEnd)
            let isClosed = try await Self.isClosed(connection)
            #expect(isClosed)
        }
    }

    @Test("Who asks for the end of the connection gets it with the answer, however that is spelled")
    func close() async throws {
        try await TestPlatform.with { test in
            for (line, version) in [
                ("Connection: close", "1.1"), ("Connection: Close", "1.1"), ("Connection: TE, close", "1.1"),
                ("X-Nothing: 0", "1.0"),
            ] {
                let connection = try RawConnection(test.url)
                try await connection.send(Self.request(line, version: version))
                let (text, isAtEnd) = try await connection.readToEnd()
                #expect(text.hasPrefix("HTTP/\(version) 200 ") && isAtEnd, "\(line): \(text)")
                #expect(text.lowercased().contains("\r\nconnection: close\r\n"), "\(line): \(text)")
                let isClosed = try await Self.isClosed(connection)
                #expect(isClosed, "\(line)")
            }
        }
    }

    @Test("Requests before the last are answered as others are, and those behind it not at all")
    func pipelined() async throws {
        try await TestPlatform.with { test in
            let connection = try RawConnection(test.url)
            try await connection.send(
                Self.request() + Self.request("Connection: Close") + Self.request() + Self.request())
            let text = try await connection.readToEnd().text
            #expect(text.ranges(of: "HTTP/1.1 200 ").count == 2, "\(text)")
            #expect(text.lowercased().ranges(of: "\r\nconnection: close\r\n").count == 1, "\(text)")
            #expect(text.ranges(of: "HTTP/1.1 ").count == 2, "\(text)")
            let isClosed = try await Self.isClosed(connection)
            #expect(isClosed)
        }
    }

    @Test("A request that asks whether its body is wanted ends nothing for the one before it")
    func expectation() async throws {
        try await TestPlatform.with { test in
            let connection = try RawConnection(test.url)
            let asking = "POST /v1/nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
            try await connection.send(Self.request() + Array(asking.utf8))
            let text = try await connection.readToEnd().text
            #expect(text.hasPrefix("HTTP/1.1 200 ") && text.contains("HTTP/1.1 404 "), "\(text)")
            #expect(text.lowercased().ranges(of: "\r\nconnection: close\r\n").count == 1, "\(text)")
        }
    }

    @Test("A body that comes behind the last answer is read to its end before the connection is closed")
    func rest() async throws {
        try await TestPlatform.with { test in
            let connection = try RawConnection(test.url)
            let size = 4 << 20
            let head = "POST /v1/nothing HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\nConnection: close\r\n\r\n"
            try await connection.send(Array(head.utf8) + [0])
            let (text, isAtEnd) = try await connection.readToEnd()
            #expect(text.hasPrefix("HTTP/1.1 404 ") && isAtEnd, "\(text)")
            #expect(!connection.isRefused)
            // One byte of it has just been sent.
            try await connection.send(Array(repeating: 0, count: size - 2))
            let isClosed = try await Self.isClosed(connection)
            #expect(isClosed)
        }
    }
}

extension String {
    /// How often a text stands in it.
    fileprivate func components(of text: String) -> Int {
        var (count, rest) = (0, self[...])
        while let range = rest.firstRange(of: text) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
