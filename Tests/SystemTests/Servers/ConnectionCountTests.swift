import HTTP
import Platform
import TestKit
import Testing

/// Clients of which there are too many.
@Suite("Count of connections")
struct ConnectionCountTests {
    /// A connection, and the status of an answer on it: 0 where the server hung up.
    private static func connect(_ test: TestPlatform) async throws -> (connection: RawConnection, status: Int?) {
        let connection = try RawConnection(test.url)
        try await connection.send(Array("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
        return (connection, try await connection.status())
    }

    @Test("Only so many connections are open at one time; when one ends there is room for another")
    func limit() async throws {
        try await TestPlatform.with(adjust: { $0.connectionLimits.connections = 3 }) { test in
            var open: [RawConnection] = []
            for _ in 0..<3 {
                let (connection, status) = try await Self.connect(test)
                #expect(status == 200)
                open.append(connection)
            }
            for _ in 0..<3 { #expect(try await Self.connect(test).status == 0) }
            for connection in open { #expect(!connection.isClosed) }
            open.removeLast()
            let hasRoom = try await eventually { try await Self.connect(test).status == 200 }
            #expect(hasRoom)
        }
    }
}
