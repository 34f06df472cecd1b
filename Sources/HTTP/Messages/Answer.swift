internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
@_spi(Kernel) internal import PluginKit
internal import Tenancy

/// What a route answers, as bytes.
struct Answer: Sendable {
    let status: Int
    /// The body; empty when there is none.
    let bytes: [UInt8]
    /// The tag of one object; nil for lists, for what has no body, and for what one browser alone may have.
    private let tag: String?
    private let isReplayed: Bool
    /// What a route adds for the browser that asked.
    private let headers: [(name: String, value: String)]

    /// Whether anybody may have it, and so caches too.
    private let isPublic: Bool

    /// - Parameters:
    ///   - scope: what cursors are bound to.
    ///   - tenant: whose visitor it is for; nil for everybody else.
    init(_ reply: Reply, _ cursors: CursorCodec, scope: String, visited tenant: TenantID? = nil) {
        isPublic = tenant != nil
        status = reply.status
        bytes = reply.isEmpty ? [] : reply.encode { cursors.encode($0, scope: scope) }
        if let tenant {
            tag = EntityTag.make(of: tenant, bytes)
        } else {
            tag = reply.isEmpty || reply.isList || reply.isForBrowser ? nil : EntityTag.make(reply, bytes)
        }
        isReplayed = false
        headers = reply.headers
    }

    /// What an earlier request under the same idempotency key was answered with.
    init(status: Int, replayed bytes: [UInt8]) {
        self.status = status
        self.bytes = bytes
        tag = nil
        isPublic = false
        isReplayed = true
        headers = []
    }

    /// The response, or 304 when the caller has it already.
    func response(to request: Hummingbird.Request, requestID: String) -> Response {
        var headers = ResponseHeaders.standard(requestID: requestID)
        if let tag { headers[.eTag] = tag }
        if isPublic { headers[.cacheControl] = EntityTag.publicCaching }
        for header in self.headers {
            if let name = HTTPField.Name(header.name) { headers.append(HTTPField(name: name, value: header.value)) }
        }
        if isReplayed { headers[.idempotencyReplayed] = "true" }
        if status >= 400 { headers[.contentType] = "application/problem+json" }
        if let tag, request.method == .get || request.method == .head,
            EntityTag.isNamed(tag, by: request.headers[.ifNoneMatch])
        {
            headers[.contentType] = nil
            return Response(status: .notModified, headers: headers)
        }
        guard !bytes.isEmpty else {
            headers[.contentType] = nil
            return Response(status: .init(code: status), headers: headers)
        }
        return Response(
            status: .init(code: status), headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
