import Foundation
import Glibc
import TestKit

/// Bytes to the server as nobody's HTTP client would send them.
///
/// Its calls block, so they wait on a queue's thread: the pool of the test's tasks also runs the server.
final class RawConnection: Sendable {
    private let descriptor: Int32

    /// Connects to the port of a test platform's URL.
    init(_ url: String) throws {
        guard let port = URL(string: url)?.port else { throw POSIXError(.EINVAL) }
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw POSIXError(.ECONNREFUSED) }
    }

    deinit { close(descriptor) }

    /// Sends what the server still takes.
    func send(_ bytes: [UInt8]) async throws {
        try await blocking { [self] in sendAll(bytes) }
    }

    /// Says that nothing more is sent; answers still come.
    func endSending() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// The status of the answer; 0 when the server closed without one, nil when neither came within 20 seconds.
    func status() async throws -> Int? {
        try await blocking { [self] in firstStatus() }
    }

    /// Everything that comes until the server closes, and whether it did: what came so far when nothing more comes for
    /// 20 seconds.
    func readToEnd() async throws -> (text: String, isAtEnd: Bool) {
        try await blocking { [self] in received() }
    }

    /// Whether the server has closed, without waiting for it; what it sent before is dropped.
    var isClosed: Bool {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)
    }

    /// Whether the server has closed, without taking anything of what it sent: it takes no byte more.
    var isRefused: Bool {
        var byte = UInt8(ascii: "x")
        let count = Glibc.send(descriptor, &byte, 1, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        return count < 0 && errno != EAGAIN && errno != EINTR
    }

    /// How many bytes came, at most so many; none when the server has closed, or sends nothing for 20 seconds.
    func take(atMost limit: Int) async throws -> Int {
        try await blocking { [self] in
            var buffer = [UInt8](repeating: 0, count: limit)
            return max(0, recv(descriptor, &buffer, limit, 0))
        }
    }

    private func sendAll(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    private func firstStatus() -> Int? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count < 0 { return errno == EAGAIN ? nil : 0 }
        let words = String(decoding: buffer[..<count], as: UTF8.self).split(separator: " ", maxSplits: 2)
        return words.count > 1 ? Int(words[1]) : 0
    }

    private func received() -> (text: String, isAtEnd: Bool) {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return (String(decoding: bytes, as: UTF8.self), count == 0) }
            bytes += buffer[..<count]
        }
    }
}
