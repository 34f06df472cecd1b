internal import Migrations
internal import PluginKit
internal import Postgres
internal import Tenancy

/// What must hold before a module is uninstalled.
struct UninstallChecks {
    let module: ModuleName
    /// Every plugin of the installation.
    let plugins: [PluginFolder]
    let admin: Lease

    /// What the database knows of the module.
    struct Standing {
        let isUninstalled: Bool
        let hasSchema: Bool
    }

    /// - Throws: `UninstallError` with code `module_unknown`.
    func standing() async throws -> Standing {
        let name = module.description
        let row = try await admin.run(
            """
            SELECT (SELECT m.state FROM core.modules AS m WHERE m.id = \(name)) AS state,
                   EXISTS (SELECT FROM core.our_schemas AS s WHERE s.schema_name = \(name)) AS has_schema
            """
        ).first
        let state: String? = try row?.get("state")
        let hasSchema: Bool = try row?.get("has_schema") ?? false
        guard state != nil || hasSchema || manifests.contains(where: { $0.id == module }) else {
            throw UninstallError(
                .unknown, "there is no module \(name), neither in the folder of plugins nor in this database")
        }
        return Standing(isUninstalled: state == "uninstalled", hasSchema: hasSchema)
    }

    /// - Throws: `UninstallError` when somebody still needs the module; `MigrationError` while anybody serves.
    func requireUnneeded(_ standing: Standing, isConfirmed: Bool) async throws {
        try await requireNobodyRequiresIt()
        // One that is out serves nobody, whatever switches say.
        if !standing.isUninstalled { try await requireOff() }
        let hunted = try await admin.run(
            "SELECT FROM core.plugin_bisections WHERE modules @> \([["id": .string(module.description)]] as JSONValue)")
        guard hunted.isEmpty else {
            throw UninstallError(
                .underBisection, "\(module) takes part in a bisection: romashka plugin bisect reset ends it")
        }
        try await ServingProcesses.requireNone(admin, isConfirmed: isConfirmed)
    }

    private var manifests: [Manifest] { plugins.compactMap { try? $0.manifest.get() } }

    private func requireNobodyRequiresIt() async throws {
        let name = module.description
        let out = try await admin.run("SELECT id FROM core.modules WHERE state = 'uninstalled'")
        let uninstalled = Set(try out.rows.map { try $0.get("id", as: String.self) })
        let reading = try await admin.run(
            "SELECT DISTINCT module FROM core.module_reads WHERE schema_name = \(name) AND module <> \(name)")
        let needing =
            manifests.filter { $0.requires.contains(name) }.map(\.id.description).filter { !uninstalled.contains($0) }
            + (try reading.rows.map { try $0.get("module", as: String.self) })
        guard needing.isEmpty else {
            let names = Set(needing).sorted().joined(separator: ", ")
            throw UninstallError(.required, "\(module) is required by \(names): uninstall that first")
        }
    }

    private func requireOff() async throws {
        let name = module.description
        let result = try await admin.run(
            """
            SELECT t.slug
            FROM core.tenants AS t
            LEFT JOIN core.tenant_modules AS switch ON switch.tenant_id = t.id AND switch.module_id = \(name)
            WHERE COALESCE(switch.enabled, true)
            ORDER BY t.slug
            """)
        let slugs = try result.rows.map { try $0.get("slug", as: String.self) }
        guard !slugs.isEmpty else { return }
        let named = slugs.prefix(5).joined(separator: ", ") + (slugs.count > 5 ? " and \(slugs.count - 5) more" : "")
        let isAlwaysOn = manifests.first { $0.id == module }?.isAlwaysOn ?? false
        let fix =
            isAlwaysOn
            ? "its plugin.json says that no tenant can switch it off; take its folder away first"
            : "romashka module disable \(name) --every-tenant switches it off"
        throw UninstallError(.enabled, "\(name) is on for \(named): \(fix)")
    }
}
