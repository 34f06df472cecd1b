package import PluginKit
package import Postgres
internal import Tenancy

/// Tells of lists that are written out whole: who took what is told as a change is, by the event `export.begun`.
package struct ExportLedger: Sendable {
    private let pipeline: PipelineConnection

    /// - Parameter pipeline: of the kernel's role `auth`.
    package init(pipeline: PipelineConnection) {
        self.pipeline = pipeline
    }

    /// Tells of an export of the one who acts, before its first byte leaves.
    ///
    /// - Parameters:
    ///   - route: such as `GET /v1/conversations/export`.
    ///   - format: such as `csv`.
    /// - Throws: `Problem` when the database does not take it; then nothing may leave.
    package func begin(_ route: String, as format: String, of tenant: TenantID) async throws {
        _ = try await pipeline.runForCaller([
            """
            SELECT core.tell(
                \(tenant), 'export.begun', \(tenant), 'modules.write',
                jsonb_build_object('route', \(route)::text, 'format', \(format)::text))
            """
        ])
    }
}
