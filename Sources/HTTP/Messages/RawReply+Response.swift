internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import PluginKit

extension RawReply {
    /// The response: bytes that no browser takes for a page of this site.
    func response(requestID: String) -> Response {
        var headers = ResponseHeaders.standard(requestID: requestID)
        headers[.contentSecurityPolicy] = "default-src 'none'; sandbox"
        headers[.contentType] = contentType.flatMap(RawReply.plain)
        guard !body.isEmpty else {
            headers[.contentType] = nil
            return Response(status: .init(code: status), headers: headers)
        }
        return Response(
            status: .init(code: status), headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }

    /// A media type that is one line of visible ASCII.
    private static func plain(_ type: String) -> String? {
        type.utf8.count <= 200 && type.utf8.allSatisfy { (0x20...0x7E).contains($0) } ? type : nil
    }
}
