package import Cryptography
package import PluginKit
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

    /// A secret; nil when it is not set.
    package func read(_ name: String, of module: ModuleName, _ tenant: TenantID) async throws -> String? {
        let row = try await pipeline.runForCaller(
            [
                """
                SELECT sealed
                FROM core.module_secrets
                WHERE tenant_id = \(tenant) AND module_id = \(module.description) AND name = \(name)
                """
            ], isReplayable: true)[0].first
        guard let sealed: [UInt8] = try row?.get("sealed") else { return nil }
        return String(decoding: try cipher.open(sealed, context: context(name, module, tenant)), as: UTF8.self)
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
