internal import Cryptography
internal import Files
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
@_spi(Kernel) internal import PluginKit

/// The body of a request for a route that takes bytes of any kind.
enum RawRequest {
    /// What a sender must manage each second, in bytes, on the average of a window.
    private static let minimumRate = 1024
    /// What a sender must manage each second on the average of the whole body, so that nobody keeps a place for hours.
    private static let sustainedRate = 16 << 10

    /// A body, and the hash of what was read of it where the request has a key.
    struct Body {
        let body: RawBody
        fileprivate let hash: RunningSHA256?

        /// Reads the whole body and keeps nothing, within the bounds of what is stored.
        ///
        /// - Returns: SHA-256 of it.
        /// - Throws: as `TenantFiles.skim`.
        func rest(through files: TenantFiles, of tenant: TenantID) async throws -> [UInt8] {
            try await files.skim(of: tenant, body.read)
            return digest
        }

        /// SHA-256 of what was read; empty where nobody asks for it.
        var digest: [UInt8] { hash?.digest() ?? [] }
    }

    /// How long a body of so many bytes may take in all.
    ///
    /// - Parameter window: what everybody has besides, for the way there.
    static func longest(_ byteCount: Int, window: Duration) -> Duration {
        window + .seconds(Double(byteCount) / Double(sustainedRate))
    }

    /// The body, which is read when the route asks for it.
    ///
    /// - Parameters:
    ///   - window: how long a sender may send next to nothing.
    ///   - isHashed: whether it is asked for by its bytes.
    ///   - requireStanding: refuses a sender who has lost the right to send it.
    static func body(
        of request: Hummingbird.Request, from channel: any Channel, window: Duration, isHashed: Bool,
        requireStanding: @escaping @Sendable () throws -> Void
    ) -> Body {
        let hash = isHashed ? RunningSHA256() : nil
        let (type, announced) = (request.headers[.contentType], request.headers[.contentLength].flatMap { Int($0) })
        let body = RawBody(contentType: type, length: announced, requireStanding: requireStanding) { maximum, consume in
            if let announced, announced > maximum { throw tooLarge(maximum, channel) }
            RequestBody.welcome(request, on: channel)
            let pace = TransferPace()
            let minimum = max(1, Int(window / .seconds(1) * Double(minimumRate)))
            let limit = longest(announced ?? maximum, window: window)
            try await pace.watching(
                channel, every: window, atLeast: minimum, within: limit, onStall: { end(channel) }
            ) {
                var parts = request.body.makeAsyncIterator()
                var count = 0
                while let buffer = try await next(&parts) {
                    count += buffer.readableBytes
                    pace.add(buffer.readableBytes)
                    guard count <= maximum else { throw tooLarge(maximum, channel) }
                    let bytes = Array(buffer.readableBytesView)
                    hash?.update(bytes)
                    try await consume(bytes)
                }
                if let announced, count < announced { throw RequestBody.incomplete }
            }
        }
        return Body(body: body, hash: hash)
    }

    private static func next(_ parts: inout Hummingbird.RequestBody.AsyncIterator) async throws -> ByteBuffer? {
        do {
            return try await parts.next(isolation: #isolation)
        } catch is BodyTimeout {
            throw RequestBody.tooSlow
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw RequestBody.incomplete
        }
    }

    /// The refusal of what is too large.
    private static func tooLarge(_ maximum: Int, _ channel: any Channel) -> Problem {
        channel.pipeline.fireUserInboundEventTriggered(BodyRefused())
        return Problem(status: 413, code: "body_too_large", detail: "The body is larger than \(maximum) bytes.")
    }

    /// Ends the stream of the body's parts, and the connection after the answer.
    private static func end(_ channel: any Channel) {
        channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        channel.pipeline.fireErrorCaught(BodyTimeout())
    }
}
