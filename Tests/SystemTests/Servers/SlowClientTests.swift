import HTTP
import Platform
import PluginKit
import TestKit
import Testing

/// Clients that take their time, and a server that is told to stop meanwhile.
@Suite("Slow clients")
struct SlowClientTests {
    private static let login = #"{"email": "admin@acme.example", "password": "password-of-acme", "tenant": "acme"}"#

    private static func head(length: Int) -> String {
        "POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: \(length)\r\n\r\n"
    }

    /// Limits that a test can wait for.
    private static var shortLimits: ConnectionLimits {
        var limits = ConnectionLimits()
        limits.body = .milliseconds(200)
        limits.header = .milliseconds(200)
        return limits
    }

    @Test("A body that does not come is answered with a problem, and the connection is closed")
    func slowBody() async throws {
        try await TestPlatform.with(adjust: { $0.connectionLimits = Self.shortLimits }) { test in
            let connection = try RawConnection(test.url)
            try await connection.send(Array((Self.head(length: 1000) + "{").utf8))
            let (answer, isAtEnd) = try await connection.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 408 "), "\(answer)")
            let lines = answer.lowercased().split(separator: "\r\n")
            #expect(lines.contains("content-type: application/problem+json"))
            #expect(lines.contains("connection: close"))
            #expect(answer.contains(#""code":"body_too_slow""#))
            #expect(isAtEnd)
            #expect(try await TestClient(test.url).send("GET", "/healthz").status == 200)
        }
    }

    @Test("A header that does not come to its end closes the connection, however steadily it comes")
    func slowHeader() async throws {
        try await TestPlatform.with(adjust: { $0.connectionLimits = Self.shortLimits }) { test in
            for start in ["", "GET /healthz HTTP/1.1\r\nHost: a\r\nX-Padding: "] {
                let connection = try RawConnection(test.url)
                try await connection.send(Array(start.utf8))
                let isClosed = try await eventually {
                    if !start.isEmpty { try await connection.send([UInt8(ascii: "x")]) }
                    return connection.isClosed
                }
                #expect(isClosed)
            }
        }
    }

    @Test("A connection that is used stays open past the limit of its first header")
    func usedConnection() async throws {
        try await TestPlatform.with(adjust: { $0.connectionLimits = Self.shortLimits }) { test in
            let connection = try RawConnection(test.url)
            let start = ContinuousClock.now
            while start.duration(to: .now) < Self.shortLimits.header * 2 {
                try await connection.send(Array("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
                #expect(try await connection.status() == 200)
            }
        }
    }

    /// Runs `body` with a client that has asked for more than all buffers on the way hold.
    private func withGreedyClient(
        idle: Duration, _ body: @Sendable (RawConnection) async throws -> Void
    ) async throws {
        try await TestPlatform.with(adjust: {
            $0.connectionLimits.header = .milliseconds(200)
            $0.connectionLimits.idle = idle
        }) { test in
            let connection = try RawConnection(test.url)
            let request = "GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n"
            try await connection.send(Array(String(repeating: request, count: 1000).utf8))
            try await body(connection)
        }
    }

    @Test("Who asks on and on and takes no answer loses the connection")
    func deafClient() async throws {
        try await withGreedyClient(idle: .milliseconds(200)) { connection in
            let isClosed = try await eventually { connection.isRefused }
            #expect(isClosed)
        }
    }

    @Test("Who takes answers slowly, but goes on, keeps the connection")
    func slowReader() async throws {
        try await withGreedyClient(idle: .milliseconds(500)) { connection in
            let start = ContinuousClock.now
            while start.duration(to: .now) < .seconds(3) {
                let count = try await connection.take(atMost: 64 << 10)
                try #require(count > 0)
                try await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    @Test("A server that is told to stop answers the request in flight and takes no new one")
    func gracefulShutdown() async throws {
        try await TestPlatform.with { test in
            _ = try await test.tenant("acme")
            let body = Array(Self.login.utf8)
            let (inFlight, idle) = (try RawConnection(test.url), try RawConnection(test.url))
            let look = Array("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
            // Behind a request whose answer came, so that the server surely has seen it.
            try await inFlight.send(look + Array(Self.head(length: body.count).utf8) + body.prefix(10))
            #expect(try await inFlight.status() == 200)
            try await idle.send(look)
            #expect(try await idle.status() == 200)
            await test.beginShutdown()
            let holds1 = try await eventually { (try? RawConnection(test.url)) == nil }
            #expect(holds1)
            let holds2 = try await eventually { idle.isClosed }
            #expect(holds2)
            try await inFlight.send(Array(body.dropFirst(10)))
            let answer = try await inFlight.readToEnd().text
            #expect(answer.contains("HTTP/1.1 200 ") && answer.contains("access_token"), "\(answer)")
        }
    }
}
