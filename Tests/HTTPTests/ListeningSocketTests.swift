import Foundation
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
}
