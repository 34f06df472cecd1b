internal import Events
internal import HTTPTypes
internal import Hummingbird
internal import Identity
internal import NIOCore
internal import Observability
internal import PluginKit
internal import Tenancy

/// `GET /v1/events/stream`: what happens in a tenant, as server-sent events (WHATWG HTML §9.2).
enum EventStreamPage {
    static let path = "/v1/events/stream"
    private static let parameter = "last_event_id"
    private static let mediaType = "text/event-stream"

    /// The operation, as it is described.
    static let operation = Operation(
        id: "getEventsStream", method: "get", path: path, tag: ("events", "Romashka: events"),
        summary: """
            What happens from now on, or after Last-Event-ID, as far as the caller may see it. \
            `resync` asks to read everything again, `reauth` to come back with another token.
            """,
        access: .session, parameters: [],
        query: [
            Field(
                parameter, .text(1...CursorCodec.maximumLength), example: nil,
                summary: "The id of the last message, for who cannot send the header Last-Event-ID.")
        ],
        body: nil, takesRawBody: false, status: 200, answer: .content(type: mediaType, schema: ["type": "string"]),
        isForCustomersToo: true, problems: [400, 401, 403, 422, 429, 503])

    /// Where the client stands: the header, which a browser sets when it comes back, before the parameter.
    ///
    /// - Returns: nil when it does not say; else the text and where it was.
    /// - Throws: `Problem` 422 for other parameters.
    static func position(_ request: Hummingbird.Request) throws -> (text: String, pointer: String)? {
        var given: (text: String, pointer: String)?
        for (name, value) in try QueryString.parse(request.uri.query) {
            guard name == parameter, given == nil else {
                let code = name == parameter ? "repeated" : "unknown"
                let detail = name == parameter ? "must be given once" : "there is no such parameter here"
                throw Problem.validation([.init(pointer: "?\(name.prefix(64))", code: code, detail: detail)])
            }
            given = (value, "?\(parameter)")
        }
        if let header = request.headers[.lastEventID], !header.isEmpty { return (header, "Last-Event-ID") }
        return given
    }

    /// The answer, whose body lasts as long as the stream.
    static func response(
        _ stream: EventStream, to request: Hummingbird.Request, from channel: any Channel, requestID: String
    ) -> Response {
        var headers = ResponseHeaders.standard(requestID: requestID)
        headers[.contentType] = mediaType
        headers[.accelBuffering] = "no"
        let body = ResponseBody { writer in
            // Only this task writes; the one beside it waits for the client to go.
            nonisolated(unsafe) var sink = writer
            try await request.body.consumeWithInboundCloseHandler { _ in
                try await stream.run(cut: { channel.close(promise: nil) }) { bytes in
                    try await sink.write(ByteBuffer(bytes: bytes))
                }
            } onInboundClosed: {
                stream.close()
            }
            try await sink.finish(nil)
        }
        return Response(status: .ok, headers: headers, body: body)
    }
}

extension API {
    /// Opens a stream: the same caller, the same limits as for any other request.
    func stream(
        _ request: Hummingbird.Request, from channel: any Channel, note: inout RequestNote
    ) async throws -> Response {
        let requestID = note.scope.requestID
        guard request.method == .get || request.method == .head else {
            return Problem(status: 405, code: "method_not_allowed", detail: "This path takes GET, HEAD.")
                .response(requestID: requestID, allow: ["GET", "HEAD"])
        }
        let caller = try await caller(of: request, from: channel)
        note.tenant = (caller.session.tenant, isTest: control.read { $0.isTest(caller.session.tenant) })
        try limit(caller)
        let position = try EventStreamPage.position(request)
        let stream = try await events.open(caller, after: position?.text, at: position?.pointer ?? "")
        return EventStreamPage.response(stream, to: request, from: channel, requestID: requestID)
    }
}

extension HTTPField.Name {
    /// The literals are valid tokens, as the type's own constants are.
    fileprivate static let lastEventID = HTTPField.Name("Last-Event-ID") ?? .via
    fileprivate static let accelBuffering = HTTPField.Name("X-Accel-Buffering") ?? .via
}
