package import Cryptography
internal import Observability
internal import PluginKit
package import Postgres
package import Tenancy

/// Tenants' secrets of modules, each sealed for its own tenant, module and name: moved elsewhere it does not open.
package struct ModuleSecrets: Sendable {
    private let pipeline: PipelineConnection
    private let cipher: AESGCM

    /// - Parameter pipeline: of the kernel's role `auth`.
    package init(pipeline: PipelineConnection, master: MasterSecret) throws(CryptographyError) {
        self.pipeline = pipeline
        cipher = try AESGCM(key: master.derive("module-secret"))
    }

    /// A secret, for a module that works for a session; nil when it is not set. That it was used is told of, once in an
    /// hour, by the event `secret.used`.
    package func read(_ name: String, of module: ModuleName, for session: TenantSession) async throws -> String? {
        let tenant = session.tenant
        let row = try await pipeline.runForCaller(
            [
                """
                SELECT sealed, COALESCE(used_at < now() - INTERVAL '1 hour', true) AS untold
                FROM core.module_secrets
                WHERE tenant_id = \(tenant) AND module_id = \(module.description) AND name = \(name)
                """
            ], isReplayable: true)[0].first
        guard let row else { return nil }
        let sealed: [UInt8] = try row.get("sealed")
        if try row.get("untold") { try await tell(name, of: module, for: session) }
        return String(decoding: try cipher.open(sealed, context: context(name, module, tenant)), as: UTF8.self)
    }

    /// Tells of a use, unless somebody has meanwhile.
    private func tell(_ name: String, of module: ModuleName, for session: TenantSession) async throws {
        let acting = Acting(session, requestID: RequestScope.current?.requestID ?? "")
        _ = try await Acting.$current.withValue(acting) {
            try await pipeline.runForCaller([
                """
                WITH used AS (
                    UPDATE core.module_secrets
                    SET used_at = now()
                    WHERE tenant_id = \(session.tenant) AND module_id = \(module.description) AND name = \(name)
                      AND COALESCE(used_at < now() - INTERVAL '1 hour', true)
                    RETURNING tenant_id, module_id, name
                )
                SELECT core.tell(
                    tenant_id, 'secret.used', tenant_id, 'modules.write',
                    jsonb_build_object('module_id', module_id, 'name', name))
                FROM used
                """
            ])
        }
    }

    /// The names of those that are set.
    func names(of tenant: TenantID) async throws -> [String: Set<String>] {
        let result = try await pipeline.runForCaller(
            ["SELECT module_id, name FROM core.module_secrets WHERE tenant_id = \(tenant)"], isReplayable: true)[0]
        var names: [String: Set<String>] = [:]
        for row in result.rows { names[try row.get("module_id"), default: []].insert(try row.get("name")) }
        return names
    }

    /// The statement that sets a secret, or takes it away.
    ///
    /// - Parameter condition: must hold, as a predicate of SQL.
    func write(
        _ value: String?, as name: String, of module: ModuleName, _ tenant: TenantID, if condition: SQL
    ) throws -> SQL {
        guard let value else {
            return """
                DELETE FROM core.module_secrets
                WHERE tenant_id = \(tenant) AND module_id = \(module.description) AND name = \(name) AND \(condition)
                """
        }
        let sealed = try cipher.seal(Array(value.utf8), context: context(name, module, tenant))
        return """
            INSERT INTO core.module_secrets (tenant_id, module_id, name, sealed)
            SELECT \(tenant), \(module.description), \(name), \(sealed)
            WHERE \(condition)
            ON CONFLICT (tenant_id, module_id, name) DO UPDATE
            SET sealed = EXCLUDED.sealed
            """
    }

    private func context(_ name: String, _ module: ModuleName, _ tenant: TenantID) -> [UInt8] {
        Array("\(tenant)/\(module)/\(name)".utf8)
    }
}
