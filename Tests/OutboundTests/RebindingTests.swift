import AsyncHTTPClient
import CResolver
import Foundation
import NIOCore
import NIOPosix
import Outbound
import TestKit
import Testing

extension LookUpThreads {
    /// Names that lead elsewhere at the second question (DNS rebinding), asked of a name server by the system's
    /// resolver.
    ///
    /// 127.0.0.2 plays the Internet here, and 127.0.0.1 what nobody may reach.
    @Suite("Rebinding")
    struct RebindingTests {
        private static let (outside, inside): ([UInt8], [UInt8]) = ([127, 0, 0, 2], [127, 0, 0, 1])

        @Test("A request goes to the address that was checked, and the name is asked for once")
        func rebinding() async throws {
            try await Self.with(answers: [Self.outside, Self.inside]) { names, reached, kept in
                let port = try #require(URL(string: reached.url)?.port)
                let answer = try await GuardedClient.send(
                    HTTPClientRequest(url: "http://rebinding.test:\(port)/"), to: "rebinding.test", for: nil,
                    within: .seconds(10), maximumByteCount: 100, where: { $0.bytes == Self.outside })
                #expect(String(decoding: answer.body, as: UTF8.self) == "outside")
                #expect(reached.asked.map { $0.headers["host"] ?? $0.path } != [] && reached.asked.count == 1)
                #expect(kept.asked.isEmpty && names.asked == 1)
            }
        }

        @Test("A name that leads inside is refused, whatever it would have led to next")
        func inside() async throws {
            try await Self.with(answers: [Self.inside, Self.outside]) { names, reached, kept in
                let port = try #require(URL(string: reached.url)?.port)
                await #expect(throws: GuardedClient.Failure.forbidden) {
                    try await GuardedClient.send(
                        HTTPClientRequest(url: "http://rebinding.test:\(port)/"), to: "rebinding.test", for: nil,
                        within: .seconds(10), maximumByteCount: 100, where: { $0.bytes == Self.outside })
                }
                #expect(reached.asked.isEmpty && kept.asked.isEmpty && names.asked == 1)
            }
        }

        /// Runs a test with a name server, and a server on the same port of either address.
        private static func with(
            answers: [[UInt8]],
            _ body: @Sendable (_ names: NameServer, _ reached: StubServer, _ kept: StubServer) async throws -> Void
        ) async throws {
            try await NameServer.with(answering: answers) { names in
                try await StubServer.with(host: "127.0.0.2", answering: { _ in .init(body: Array("outside".utf8)) }) {
                    reached in
                    let port = try #require(URL(string: reached.url)?.port)
                    try await StubServer.with(
                        port: port, answering: { _ in .init(body: Array("inside".utf8)) }
                    ) { kept in
                        try await onEveryThread { romashka_resolver_ask(names.port) }
                        do {
                            try await body(names, reached, kept)
                        } catch {
                            try await onEveryThread { romashka_resolver_reset() }
                            throw error
                        }
                        try await onEveryThread { romashka_resolver_reset() }
                    }
                }
            }
        }

        /// Runs something on each of the threads that wait for the system, of which none is free before all have done
        /// it.
        private static func onEveryThread(_ body: @escaping @Sendable () -> Int32) async throws {
            let count = NameLookUp.threads
            let barrier = Barrier(count)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<count {
                    group.addTask {
                        try await NameLookUp.pool.runIfActive {
                            let result = body()
                            barrier.wait()
                            guard result == 0 else { throw POSIXError(.EIO) }
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}

/// Lets threads go on when so many have come.
private final class Barrier: @unchecked Sendable {
    private let condition = NSCondition()
    private var missing: Int

    init(_ count: Int) {
        missing = count
    }

    func wait() {
        condition.lock()
        defer { condition.unlock() }
        missing -= 1
        if missing == 0 { condition.broadcast() }
        while missing > 0 { condition.wait() }
    }
}
