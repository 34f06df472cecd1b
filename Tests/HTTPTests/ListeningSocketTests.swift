import Foundation
import Logging
import Observability
import TestKit
import Testing

@testable import HTTP

@Suite("Listening socket")
struct ListeningSocketTests {
    private static let loopback = ListenAddress(host: "127.0.0.1", port: 0)

    @Test(
        "Port 0 takes a free one, which another process' copy of the socket knows too", arguments: ["127.0.0.1", "::1"])
    func port(host: String) throws {
        let socket = try ListeningSocket(ListenAddress(host: host, port: 0))
        defer { close(socket.descriptor) }
        #expect(socket.port > 0)
        #expect(ListeningSocket(descriptor: socket.descriptor).port == socket.port)
    }

    @Test("An address that is taken, and one that there is not, are refused with the place and the reason")
    func refused() throws {
        let socket = try ListeningSocket(Self.loopback)
        defer { close(socket.descriptor) }
        try socket.listen()
        try socket.listen()
        let place = "127.0.0.1:\(socket.port)"
        #expect(throws: ListeningError(place: place, reason: "Address already in use")) {
            try ListeningSocket(ListenAddress(host: "127.0.0.1", port: socket.port))
        }
        #expect(throws: ListeningError(place: "203.0.113.9:0", reason: "Cannot assign requested address")) {
            try ListeningSocket(ListenAddress(host: "203.0.113.9", port: 0))
        }
    }

    /// How many connections may wait; 0 when that cannot be told. Of a socket that listens, Linux says so as the eighth
    /// word of TCP_INFO (tcp_get_info).
    private static func backlog(of socket: ListeningSocket) -> UInt32 {
        var words = [UInt32](repeating: 0, count: 26)
        var length = socklen_t(words.count * MemoryLayout<UInt32>.size)
        let option: Int32 = 11
        guard getsockopt(socket.descriptor, Int32(IPPROTO_TCP), option, &words, &length) == 0 else { return 0 }
        return words[7]
    }

    @Test("As many connections may wait while a server takes them as before")
    func backlog() async throws {
        let socket = try ListeningSocket(Self.loopback)
        try socket.listen()
        let before = Self.backlog(of: socket)
        #expect(before > 0)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        try await RunningServer.with(
            logger: logger,
            services: { tell in
                [Server(MetricsResponder(MetricRegistry()), on: socket, logger: logger, onReady: tell)]
            },
            { _, _ in #expect(Self.backlog(of: socket) == before) })
    }
}
