internal import AsyncHTTPClient
internal import Foundation
package import Logging
internal import NIOCore
internal import NIOHTTP1
internal import ServiceLifecycle

/// Posts recorded spans to a collector over OTLP/HTTP with JSON, in batches.
///
/// A collector that is slow, down or refuses costs spans, which are counted, and nothing else.
package struct SpanExporter: Service {
    /// How long a span waits at most for others.
    private static let interval: Duration = .milliseconds(500)
    /// How long the collector may take for one batch.
    private static let limit: TimeAmount = .seconds(5)
    private static let batchSize = 512

    private let tracer: Tracer
    private let settings: TracingSettings
    private let failed: Counter
    private let logger: Logger
    private let instance = UUID().uuidString.lowercased()

    /// - Parameter failed: counts the spans that the collector did not take.
    package init(_ tracer: Tracer, to settings: TracingSettings, failed: Counter, logger: Logger) {
        self.tracer = tracer
        self.settings = settings
        self.failed = failed
        self.logger = logger
    }

    /// Exports until shutdown, then once more what is left.
    package func run() async throws {
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: SpanExporter.configuration)
        var isDown = false
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            // Only the pause is cut short by a shutdown, not a batch on its way.
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: SpanExporter.interval) }
            await drain(client, &isDown)
        }
        await drain(client, &isDown)
        try await client.shutdown()
    }

    /// A collector that is not there is given up at once, and one that sends us elsewhere gets no spans.
    private static var configuration: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }

    private func drain(_ client: HTTPClient, _ isDown: inout Bool) async {
        while case let batch = tracer.take(SpanExporter.batchSize), !batch.isEmpty {
            do {
                try await post(batch, client)
                isDown = false
            } catch {
                failed.add(UInt64(batch.count))
                // One line when it begins, not one for each batch.
                if !isDown { logger.warning("spans cannot be exported", metadata: ["error": "\(error)"]) }
                isDown = true
                if Task.isCancelled { return }
            }
        }
    }

    private func post(_ batch: [Span], _ client: HTTPClient) async throws {
        var request = HTTPClientRequest(url: settings.endpoint.absoluteString)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        for (name, value) in settings.headers { request.headers.add(name: name, value: value) }
        request.body = .bytes(
            ByteBuffer(bytes: OTLPTraces.encode(batch, serviceName: settings.serviceName, instance: instance)))
        let response = try await client.execute(request, timeout: SpanExporter.limit)
        // The connection is used again only when the answer was read.
        _ = try await response.body.collect(upTo: 1 << 20)
        guard (200..<300).contains(response.status.code) else { throw Refusal(status: response.status.code) }
    }

    private struct Refusal: Error {
        let status: UInt
    }
}
