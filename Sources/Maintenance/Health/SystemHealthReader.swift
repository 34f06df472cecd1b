internal import PluginKit
package import Postgres
internal import Tenancy

/// Asks the database how the installation is.
package struct SystemHealthReader: Sendable {
    private let pipeline: PipelineConnection

    /// - Parameter pipeline: of the kernel's role `operator`, which alone may see what others do.
    package init(pipeline: PipelineConnection) {
        self.pipeline = pipeline
    }

    /// - Throws: `Problem` 503 when the database does not answer.
    package func read() async throws -> SystemHealth {
        let result = try await pipeline.runForCaller(["SELECT core.get_system_health() AS health"], isReplayable: true)
        return SystemHealth(measures: try result[0].first?.get("health", as: JSONValue.self) ?? .null)
    }
}
