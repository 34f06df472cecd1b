internal import Events
internal import HTTPTypes
internal import Hummingbird
internal import Identity
internal import NIOCore
@_spi(Kernel) internal import PluginKit
internal import Tenancy

/// Lists that are written out whole: page after page, each when the one before has left.
extension API {
    /// Elements of one page.
    private static let exportPageLimit = 500
    /// How long an export may take in all.
    private static let exportDeadline: Duration = .seconds(1800)

    /// Answers an export. What is refused is refused before the first byte; what fails later ends the connection
    /// without the end of the body, so that nobody takes a part for the whole.
    func export(
        _ mounted: MountedRoute, _ input: PluginKit.Request, _ caller: Caller, _ reach: Scope,
        from channel: any Channel, requestID: String
    ) async throws -> Response {
        let format = try ExportFormat(input.query)
        let first = try await exported(mounted, input, caller, reach, after: [])
        let acting = Acting(caller.session, requestID: requestID)
        try await Acting.$current.withValue(acting) {
            let route = "\(mounted.route.method) \(mounted.path)"
            try await exports.begin(route, as: format.rawValue, of: caller.session.tenant)
        }
        let window = limits.idle
        let end = ContinuousClock.now + API.exportDeadline
        let body = ResponseBody { writer in
            // This task alone writes; the compiler cannot see that below closures.
            nonisolated(unsafe) var output = writer
            let pace = TransferPace()
            // Closing makes the next write fail, which ends the export.
            try await pace.watching(channel, every: window, atLeast: 1, onStall: { channel.close(promise: nil) }) {
                var part = first.lines(as: format, isFirst: true)
                try await output.write(ByteBuffer(bytes: part.bytes))
                pace.add(part.bytes.count)
                while let key = part.next {
                    guard ContinuousClock.now < end, self.authenticator.stands(caller) else { throw ExportEnded() }
                    part = try await self.exported(mounted, input, caller, reach, after: key)
                        .lines(as: format, isFirst: false)
                    try await output.write(ByteBuffer(bytes: part.bytes))
                    pace.add(part.bytes.count)
                }
            }
            try await output.finish(nil)
        }
        var headers = ResponseHeaders.standard(requestID: requestID)
        headers[.contentType] = format.mediaType + (format == .csv ? "; charset=utf-8; header=present" : "")
        headers[.contentDisposition] = ContentDisposition.attachment("export.\(format.rawValue)")
        headers[.contentSecurityPolicy] = "default-src 'none'; sandbox"
        return Response(status: .ok, headers: headers, body: body)
    }

    /// One page, in a transaction and behind a deadline of its own; the permission is asked for anew.
    private func exported(
        _ mounted: MountedRoute, _ input: PluginKit.Request, _ caller: Caller, _ reach: Scope, after key: [JSONValue]
    ) async throws -> Reply {
        if !key.isEmpty { _ = try requireAccess(mounted, caller) }
        let page = input.asking(for: PageRequest(limit: API.exportPageLimit, after: key))
        return try await respond(mounted, to: call(page, mounted, caller, reach, nil), body: .null)
    }
}

/// An export took too long, or its caller may no longer read.
private struct ExportEnded: Error {}
