internal import NIOPosix
internal import ServiceLifecycle
internal import Synchronization

/// Writes one JSON line for each request, without personal data.
///
/// A request only appends its line to a buffer in memory; a thread that serves no requests writes the buffer every
/// 100 ms. A reader of the log that does not keep up costs lines, which are counted, not the requests' time.
package final class AccessLog: Service {
    /// What one line says.
    package struct Entry: Sendable {
        package let method: String
        /// The route's template, not the path.
        package let route: String
        package let status: Int
        /// Nanoseconds.
        package let duration: UInt64
        /// The size of the answer's body; nil when it is not known beforehand.
        package let bytes: Int?
        package let requestID: String
        package let span: SpanContext
        /// The tenant's id; nil when the caller belongs to none.
        package let tenant: String?

        package init(
            method: String, route: String, status: Int, duration: UInt64, bytes: Int?, requestID: String,
            span: SpanContext, tenant: String?
        ) {
            self.method = method
            self.route = route
            self.status = status
            self.duration = duration
            self.bytes = bytes
            self.requestID = requestID
            self.span = span
            self.tenant = tenant
        }
    }

    /// How much waits to be written at most, in bytes.
    private static let capacity = 4 << 20
    private static let interval: Duration = .milliseconds(100)

    private let buffer = Mutex<[UInt8]>([])
    private let output: LogOutput
    private let dropped: Counter

    /// - Parameter dropped: counts the lines that found no room.
    package init(output: LogOutput, dropped: Counter = Counter()) {
        self.output = output
        self.dropped = dropped
    }

    /// Adds a line.
    package func append(_ entry: Entry) {
        let line = AccessLog.line(entry)
        let hasRoom = buffer.withLock { buffer in
            guard buffer.count + line.count <= AccessLog.capacity else { return false }
            buffer += line
            return true
        }
        if !hasRoom { dropped.add() }
    }

    /// Writes until shutdown, then once more what is left.
    package func run() async throws {
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: AccessLog.interval) }
            let bytes = take()
            if !bytes.isEmpty { try await NIOThreadPool.singleton.runIfActive { [output] in output.write(bytes) } }
        }
        output.write(take())
    }

    private func take() -> [UInt8] {
        buffer.withLock { buffer in
            defer { buffer = [] }
            return buffer
        }
    }

    private static func line(_ entry: Entry) -> [UInt8] {
        var line = JSONLine()
        line.time(.now())
        line.member("level", "info")
        line.member("label", "romashka.access")
        line.member("message", "request")
        line.member("method", entry.method)
        line.member("route", entry.route)
        line.member("status", entry.status)
        line.member("duration_ms", thousandths: Int(entry.duration / 1000))
        if let bytes = entry.bytes { line.member("bytes", bytes) }
        line.member("request_id", entry.requestID)
        line.member("trace_id", entry.span.trace.description)
        line.member("span_id", entry.span.span.description)
        if let tenant = entry.tenant { line.member("tenant_id", tenant) }
        return line.finished()
    }
}
