internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import PluginKit

/// Reads a JSON body within bounds of size and time.
enum RequestBody {
    /// The largest body of an ordinary route, in bytes.
    static let maximumSize = 1 << 20
    /// How long a client may take to send it.
    static let limit: TimeAmount = .seconds(20)

    /// - Throws: `Problem` 400 for what is not JSON, 413, 415.
    static func json(of request: Hummingbird.Request, from channel: any Channel) async throws -> JSONValue {
        try requireJSON(request.headers)
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > maximumSize { throw tooLarge }
        let buffer = try await collect(request.body, from: channel)
        guard buffer.readableBytes > 0 else {
            throw Problem(status: 400, code: "body_missing", detail: "A JSON body is needed.")
        }
        do throws(JSONSyntaxError) {
            return try JSONParser.parse(Array(buffer.readableBytesView))
        } catch {
            throw Problem(status: 400, code: "json_invalid", detail: "The body is not JSON: \(error).")
        }
    }

    private static let tooLarge = Problem(
        status: 413, code: "body_too_large", detail: "The body is larger than \(maximumSize) bytes.")

    private static func requireJSON(_ headers: HTTPFields) throws {
        let type = headers[.contentType]?.split(separator: ";").first.map { $0.lowercased() } ?? ""
        guard type == "application/json" || type.hasPrefix("application/json ") else {
            throw Problem(status: 415, code: "media_type_unsupported", detail: "The body must be application/json.")
        }
    }

    /// A client that is too slow loses its connection: a timer of the event loop costs nothing when it does not fire.
    private static func collect(_ body: Hummingbird.RequestBody, from channel: any Channel) async throws -> ByteBuffer {
        let deadline = channel.eventLoop.scheduleTask(in: limit) { channel.close(promise: nil) }
        defer { deadline.cancel() }
        do {
            return try await body.collect(upTo: maximumSize)
        } catch is NIOTooManyBytesError {
            throw tooLarge
        }
    }
}
