internal import Foundation
internal import Glibc
internal import Synchronization

/// A name server on a port of 127.0.0.1 that answers each question for the address of a name with the next of its answers,
/// and then with the last one again and again: a name that leads elsewhere a moment later.
package final class NameServer: Sendable {
    private struct State {
        var asked = 0
        var isOver = false
    }

    /// Where it listens.
    package let port: UInt16
    private let descriptor: Int32
    private let answers: [[UInt8]]
    private let state = Mutex(State())

    /// How often it was asked for an address of IPv4.
    package var asked: Int { state.withLock { $0.asked } }

    /// Serves for the time of `body`.
    ///
    /// - Parameter answers: addresses of IPv4, of which there is at least one.
    package static func with<Value: Sendable>(
        answering answers: [[UInt8]], _ body: (NameServer) async throws -> Value
    ) async throws -> Value {
        let server = try NameServer(answers)
        async let serving: Void = blocking { server.serve() }
        do {
            let value = try await body(server)
            server.end()
            try await serving
            return value
        } catch {
            server.end()
            try await serving
            throw error
        }
    }

    private init(_ answers: [[UInt8]]) throws {
        self.answers = answers
        descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        // How long the end of a test may wait.
        var limit = timeval(tv_sec: 0, tv_usec: 50_000)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { [descriptor] pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
            }
        }
        guard result == 0 else { throw POSIXError(.EADDRNOTAVAIL) }
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(descriptor) }

    private func end() { state.withLock { $0.isOver = true } }

    private func serve() {
        var buffer = [UInt8](repeating: 0, count: 512)
        while !state.withLock({ $0.isOver }) {
            var sender = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutablePointer(to: &sender) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { sender in
                    let count = recvfrom(descriptor, &buffer, buffer.count, 0, sender, &length)
                    guard count > 12, let answer = answer(to: Array(buffer[..<count])) else { return }
                    sendto(descriptor, answer, answer.count, 0, sender, length)
                }
            }
        }
    }

    /// The message that answers a question (RFC 1035, section 4); nil for what is none.
    private func answer(to question: [UInt8]) -> [UInt8]? {
        guard let end = question[12...].firstIndex(of: 0), question.count >= end + 5 else { return nil }
        let isForAddress = question[end + 1] == 0 && question[end + 2] == 1
        // A reference to the name in the question, the type, the class, no time to live, the address.
        let record = isForAddress ? [0xC0, 0x0C, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4] + next() : []
        let head: [UInt8] = question[..<2] + [0x81, 0x80, 0, 1, 0, isForAddress ? 1 : 0, 0, 0, 0, 0]
        return head + question[12..<(end + 5)] + record
    }

    private func next() -> [UInt8] {
        state.withLock { state in
            defer { state.asked += 1 }
            return answers[min(state.asked, answers.count - 1)]
        }
    }
}
