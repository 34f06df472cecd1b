internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import PluginKit

/// Reads a body within bounds of size and time.
enum RequestBody {
    /// The largest body of an ordinary route, in bytes.
    static let maximumSize = 1 << 20

    /// - Parameter limit: how long a client may take to send it.
    /// - Throws: `Problem` 400 for what is not JSON or not whole, 408 for what takes too long, 413, 415.
    static func json(
        of request: Hummingbird.Request, from channel: any Channel, within limit: Duration
    ) async throws -> JSONValue {
        try requireJSON(request.headers)
        let buffer = try await bytes(of: request, from: channel, within: limit, atMost: maximumSize)
        guard buffer.readableBytes > 0 else {
            throw Problem(status: 400, code: "body_missing", detail: "A JSON body is needed.")
        }
        do throws(JSONSyntaxError) {
            return try JSONParser.parse(Array(buffer.readableBytesView))
        } catch {
            throw Problem(status: 400, code: "json_invalid", detail: "The body is not JSON: \(error).")
        }
    }

    /// The whole body, of any kind.
    ///
    /// - Throws: `Problem` 400 for what is not whole, 408 for what takes too long, 413.
    static func bytes(
        of request: Hummingbird.Request, from channel: any Channel, within limit: Duration, atMost maximum: Int
    ) async throws -> ByteBuffer {
        let announced = request.headers[.contentLength].flatMap { Int($0) } ?? 0
        guard announced <= maximum else { throw tooLarge(maximum, channel) }
        welcome(request, on: channel)
        let body = try await collect(request.body, from: channel, within: limit, atMost: maximum)
        guard body.readableBytes >= announced else { throw incomplete }
        return body
    }

    /// Tells a client that waits for it that its body is read now.
    static func welcome(_ request: Hummingbird.Request, on channel: any Channel) {
        guard request.headers[.expect] != nil else { return }
        channel.pipeline.fireUserInboundEventTriggered(BodyWanted())
    }

    /// The refusal of what is too large; the rest of it is dropped, and not waited for without end.
    private static func tooLarge(_ maximum: Int, _ channel: any Channel) -> Problem {
        channel.pipeline.fireUserInboundEventTriggered(BodyRefused())
        return Problem(status: 413, code: "body_too_large", detail: "The body is larger than \(maximum) bytes.")
    }

    private static func requireJSON(_ headers: HTTPFields) throws {
        let type = headers[.contentType]?.split(separator: ";").first.map { $0.lowercased() } ?? ""
        guard type == "application/json" || type.hasPrefix("application/json ") else {
            throw Problem(status: 415, code: "media_type_unsupported", detail: "The body must be application/json.")
        }
    }

    static let tooSlow = Problem(
        status: 408, code: "body_too_slow", detail: "The body did not arrive in time; the connection is closed.")

    static let incomplete = Problem(
        status: 400, code: "body_incomplete", detail: "The body broke off, or is not framed as HTTP says.")

    /// A client that is too slow is told so and loses its connection: what still arrived could be taken for the next
    /// request. A timer of the event loop costs nothing when it does not fire.
    private static func collect(
        _ body: Hummingbird.RequestBody, from channel: any Channel, within limit: Duration, atMost maximum: Int
    ) async throws -> ByteBuffer {
        let deadline = channel.eventLoop.scheduleTask(in: TimeAmount(limit)) {
            // The server closes a connection that is told to wind down once the request in progress is answered.
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
            // This ends the stream of the body's parts.
            channel.pipeline.fireErrorCaught(BodyTimeout())
        }
        defer { deadline.cancel() }
        do {
            return try await body.collect(upTo: maximum)
        } catch is NIOTooManyBytesError {
            throw tooLarge(maximum, channel)
        } catch is BodyTimeout {
            throw tooSlow
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw incomplete
        }
    }
}

/// The body did not arrive in time.
struct BodyTimeout: Error {}
