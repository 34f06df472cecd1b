internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import Outbound

/// What a bucket answers with success. Its body is waited for so long; the client's own timeout ends with the head.
struct S3Answer: Sendable {
    let method: String
    let response: HTTPClientResponse
    /// When an exchange must be over whose answer is taken at once.
    let deadline: ContinuousClock.Instant
    /// How long the next bytes may take where an answer is taken piece by piece, at whatever pace that is done.
    let patience: Duration

    var status: Int { Int(response.status.code) }

    /// A header's first value; nil when there is none.
    func header(_ name: String) -> String? { response.headers.first(name: name) }

    /// The whole body.
    ///
    /// - Throws: `FileStoreError.unreachable`.
    func text(upTo maximum: Int) async throws -> String {
        try await within(deadline) { [body = response.body] in
            String(buffer: try await body.collect(upTo: maximum))
        }
    }

    /// Hands over the body.
    ///
    /// - Throws: `FileStoreError.unreachable`; what `consume` throws.
    func forEachPiece(_ consume: (ByteBuffer) async throws -> Void) async throws {
        let pieces = Pieces(response.body)
        while let piece = try await within(ContinuousClock.now + patience, { try await pieces.next() }) {
            try await consume(piece)
        }
    }

    private func within<Value: Sendable>(
        _ deadline: ContinuousClock.Instant, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        do {
            return try await TimeLimit.run(until: deadline, work)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw FileStoreError.unreachable(operation: method)
        }
    }

    /// A body on its way, for the tasks that wait for its pieces one after the other, never two at a time.
    private final class Pieces: @unchecked Sendable {
        private var iterator: HTTPClientResponse.Body.AsyncIterator

        init(_ body: HTTPClientResponse.Body) {
            iterator = body.makeAsyncIterator()
        }

        func next() async throws -> ByteBuffer? {
            var current = iterator
            defer { iterator = current }
            return try await current.next()
        }
    }
}
