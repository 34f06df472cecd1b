internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import PluginKit

extension Problem {
    /// The problem as RFC 9457 writes it.
    func body(requestID: String) -> [UInt8] {
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
        return JSONValue.object(members).encoded()
    }

    /// The answer that tells of it.
    func response(requestID: String, allow: [String] = []) -> Response {
        var headers = ResponseHeaders.standard(requestID: requestID)
        headers[.contentType] = "application/problem+json"
        if let retryAfter { headers[.retryAfter] = "\(retryAfter)" }
        if !allow.isEmpty { headers[.allow] = allow.joined(separator: ", ") }
        if self.status == 408 { headers[.connection] = "close" }
        if self.status == 401 { headers[.wwwAuthenticate] = "Bearer" }
        return Response(
            status: .init(code: status), headers: headers,
            body: .init(byteBuffer: ByteBuffer(bytes: body(requestID: requestID))))
    }

    /// The problem that an answer of before told of; nil for an answer that tells of none.
    init?(_ answer: Answer) {
        guard answer.status >= 400 else { return nil }
        let body = (try? JSONParser.parse(answer.bytes)) ?? .null
        self.init(
            status: answer.status, code: body["code"]?.string ?? "conflict", detail: body["detail"]?.string ?? "",
            errors: (body["errors"]?.array ?? []).map { error in
                .init(
                    pointer: error["pointer"]?.string ?? "", code: error["code"]?.string ?? "",
                    detail: error["detail"]?.string ?? "")
            })
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
