import AsyncHTTPClient
import Outbound
import TestKit
import Testing

extension LookUpThreads {
    /// Servers that begin to answer and never end.
    @Suite("GuardedClient")
    struct GuardedClientTests {
        /// Why there is no answer; nil when there is one.
        private static func failure(
            _ server: SilentServer, within limit: Duration, maximumByteCount: Int = 2000
        ) async -> GuardedClient.Failure? {
            do throws(GuardedClient.Failure) {
                _ = try await GuardedClient.send(
                    HTTPClientRequest(url: server.url), to: "127.0.0.1", for: nil, within: limit,
                    maximumByteCount: maximumByteCount, where: { $0.reach == .loopback })
                return nil
            } catch {
                return error
            }
        }

        @Test(
            "An answer that does not end in time is none, and its connection is closed",
            arguments: [
                ("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", nil),
                ("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{", nil),
                ("HTTP/1.1 200 OK\r\n\r\n", nil),
                ("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", .milliseconds(50)),
                ("HTTP/1.1 200 OK\r\n\r\n", .milliseconds(50)),
                ("", nil),
                ("HTTP/1.1 200 OK\r\nX-Header: ", .milliseconds(50)),
            ] as [(String, Duration?)])
        func late(head: String, interval: Duration?) async throws {
            try await SilentServer.with(answering: head, dripping: interval) { server in
                let start = ContinuousClock.now
                #expect(await Self.failure(server, within: .milliseconds(500)) == .unreachable)
                #expect(start.duration(to: .now) < .seconds(20))
                let isClosed = try await eventually { server.made == 1 && server.open == 0 }
                #expect(isClosed)
            }
        }

        @Test("An answer that says it is too large is not waited for")
        func tooLarge() async throws {
            try await SilentServer.with(answering: "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n") { server in
                #expect(await Self.failure(server, within: .seconds(600), maximumByteCount: 999) == .tooLarge)
            }
        }

        @Test("Whoever no longer waits for an answer holds neither a task nor a connection")
        func cancelled() async throws {
            try await SilentServer.with(answering: "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{") { server in
                let task = Task { await Self.failure(server, within: .seconds(600)) }
                let isAsked = try await eventually { server.open == 1 }
                #expect(isAsked)
                task.cancel()
                #expect(await task.value == .unreachable)
                let isClosed = try await eventually { server.open == 0 }
                #expect(isClosed)
            }
        }
    }
}
