internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import PluginKit

extension Problem {
    /// The problem as RFC 9457 writes it.
    func response(requestID: String, allow: [String] = []) -> Response {
        let status = HTTPResponse.Status(code: status)
        var members: [JSONValue.Member] = [
            .init("type", .string("urn:romashka:problem:\(code)")),
            .init("title", .string(StatusTitle.of(self.status))),
            .init("status", .integer(Int64(self.status))), .init("code", .string(code)),
            .init("detail", .string(detail)),
            .init("request_id", .string(requestID)),
        ]
        if !errors.isEmpty {
            members.append(
                .init(
                    "errors",
                    .array(
                        errors.map { error in
                            [
                                "pointer": .string(error.pointer), "code": .string(error.code),
                                "detail": .string(error.detail),
                            ]
                        })))
        }
        var headers = ResponseHeaders.standard(requestID: requestID)
        headers[.contentType] = "application/problem+json"
        if let retryAfter { headers[.retryAfter] = "\(retryAfter)" }
        if !allow.isEmpty { headers[.allow] = allow.joined(separator: ", ") }
        if self.status == 408 { headers[.connection] = "close" }
        if self.status == 401 { headers[.wwwAuthenticate] = "Bearer" }
        return Response(
            status: status, headers: headers,
            body: .init(byteBuffer: ByteBuffer(bytes: JSONValue.object(members).encoded())))
    }
}

/// Headers that every answer has.
enum ResponseHeaders {
    private static let requestID = HTTPField.Name.requestID

    static func standard(requestID: String) -> HTTPFields {
        var headers = HTTPFields()
        headers[.contentType] = "application/json"
        headers[.cacheControl] = "no-store"
        headers[.xContentTypeOptions] = "nosniff"
        headers[self.requestID] = requestID
        return headers
    }
}

extension HTTPField.Name {
    /// `X-Request-Id`; the literal is a valid token, as the type's own constants are.
    static let requestID = HTTPField.Name("X-Request-Id") ?? .via
    /// `Idempotency-Key` of a request.
    static let idempotencyKey = HTTPField.Name("Idempotency-Key") ?? .via
    /// `Idempotency-Replayed` of an answer that was given before.
    static let idempotencyReplayed = HTTPField.Name("Idempotency-Replayed") ?? .via
}
