internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
@_spi(Kernel) internal import PluginKit

extension Download {
    /// How many bytes are there before the answer begins: then it is an error, and not half an answer, when there are
    /// none.
    private static let firstByteCount = 64 << 10

    /// The answer: all bytes, the range that was asked for, 304 for who has them, 416 for a range outside of them.
    ///
    /// - Parameter window: after how long without a byte taken a reader is given up.
    /// - Throws: what the source throws before the first bytes.
    func response(
        to request: Hummingbird.Request, requestID: String, from channel: any Channel, window: Duration
    ) async throws -> Response {
        let tag = "\"\(tag)\""
        var headers = headers(requestID: requestID)
        headers[.eTag] = tag
        if EntityTag.isNamed(tag, by: request.headers[.ifNoneMatch]) {
            headers[.contentType] = nil
            return Response(status: .notModified, headers: headers)
        }
        switch ByteRange(request.headers[.range], size: size, ifRange: request.headers[.ifRange], tag: tag) {
        case .whole:
            let body = try await body(0..<size, request, channel, window)
            return Response(status: .ok, headers: headers, body: body)
        case .part(let range):
            headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
            let body = try await body(range, request, channel, window)
            return Response(status: .partialContent, headers: headers, body: body)
        case .unsatisfiable:
            let problem = Problem(status: 416, code: "range_outside", detail: "There are no bytes in this range.")
            var response = problem.response(requestID: requestID)
            response.headers[.contentRange] = "bytes */\(size)"
            return response
        }
    }

    /// What makes of any bytes something to save: no browser shows, runs or guesses at it.
    private func headers(requestID: String) -> HTTPFields {
        var headers = ResponseHeaders.standard(requestID: requestID)
        headers[.contentType] = contentType == "text/plain" ? "text/plain; charset=utf-8" : contentType
        headers[.contentDisposition] = ContentDisposition.attachment(name)
        headers[.contentSecurityPolicy] = "default-src 'none'; sandbox"
        // Kept by the reader alone, and asked for each time: a link may have ended.
        headers[.cacheControl] = "private, no-cache"
        headers[.acceptRanges] = "bytes"
        return headers
    }

    private func body(
        _ range: Range<Int>, _ request: Hummingbird.Request, _ channel: any Channel, _ window: Duration
    ) async throws -> ResponseBody {
        guard !range.isEmpty else { return ResponseBody() }
        let middle = min(range.lowerBound + Download.firstByteCount, range.upperBound)
        // Whoever asks for the head alone gets none of them.
        let first = try await request.method == .head ? [] : pieces(range.lowerBound..<middle)
        return ResponseBody(contentLength: range.count) { writer in
            // This task alone writes; the compiler cannot see that below closures.
            nonisolated(unsafe) var output = writer
            let pace = TransferPace()
            // Closing makes the next write fail, which ends the transfer.
            try await pace.watching(channel, every: window, atLeast: 1, onStall: { channel.close(promise: nil) }) {
                for piece in first {
                    try await output.write(ByteBuffer(bytes: piece))
                    pace.add(piece.count)
                }
                guard middle < range.upperBound else { return }
                try await send(middle..<range.upperBound) { piece in
                    try await output.write(ByteBuffer(bytes: piece))
                    pace.add(piece.count)
                }
            }
            try await output.finish(nil)
        }
    }

    private func pieces(_ range: Range<Int>) async throws -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        try await send(range) { pieces.append($0) }
        return pieces
    }
}
