package import PluginKit
package import Postgres
package import Tenancy

/// Which modules each tenant has on, and how they are set.
package struct ModuleSwitches: Sendable {
    private let pipeline: PipelineConnection
    private let control: ControlPlane
    private let registry: PluginRegistry
    private let secrets: ModuleSecrets

    /// - Parameter pipeline: of the kernel's role `auth`.
    package init(
        pipeline: PipelineConnection, control: ControlPlane, registry: PluginRegistry, secrets: ModuleSecrets
    ) {
        self.secrets = secrets
        self.pipeline = pipeline
        self.control = control
        self.registry = registry
    }

    /// The modules of this process, with a tenant's switches and settings.
    package func list(of tenant: TenantID) async throws -> [Resource<ModulePayload>] {
        let (rows, names) = (try await rows(of: tenant), try await secrets.names(of: tenant))
        return try registry.activeManifests.map {
            try ModuleSwitches.resource($0, rows[$0.id.description], names[$0.id.description] ?? [])
        }
    }

    /// Turns a module on or off, sets its settings, or both. Every process knows within a second.
    ///
    /// - Parameter settings: take the place of all that were set; secrets that are not named stay, and null takes one away.
    /// - Throws: `Problem.notFound`; 422 for settings that are not as the module's schema says; 409 `module_always_on`, `module_required`, `module_requires`.
    package func change(
        _ module: String, of tenant: TenantID, enabled: Bool?, settings: JSONValue?
    ) async throws -> Resource<ModulePayload> {
        guard let manifest = registry.active(module)?.manifest else { throw Problem.notFound }
        guard enabled != false || !manifest.isAlwaysOn else {
            throw Problem.conflict("This module cannot be switched off.", code: "module_always_on")
        }
        let input = try settings.map { try manifest.settings.validated($0) }
        let blocking = blocking(enabled, manifest, tenant)
        let writes = try input?.secrets.map {
            try secrets.write($0.value, as: $0.name, of: manifest.id, tenant, if: "NOT EXISTS (\(blocking))")
        }
        let results = try await pipeline.runForCaller(
            [
                // One change at a time: another admin may be switching what this one leans on.
                "SELECT FROM core.tenants WHERE id = \(tenant) FOR NO KEY UPDATE",
                blocking, write(module, tenant, enabled, input?.settings, unless: blocking),
            ] + (writes ?? []) + ["SELECT core.record_change('module', \(tenant), \(module))"])
        let blocked = try results[1].rows.map { try $0.get("module_id", as: String.self) }
        guard blocked.isEmpty else { throw ModuleSwitches.refusal(switchingOn: enabled == true, blocked) }
        try await control.refreshForCaller()
        let names = try await secrets.names(of: tenant)[module] ?? []
        return try ModuleSwitches.resource(manifest, try await rows(of: tenant)[module], names)
    }

    /// Turns a module off for every tenant that there is, also one whose code is not loaded here.
    ///
    /// - Returns: for how many it was on.
    /// - Throws: as `change`.
    package func switchOffEverywhere(_ module: String) async throws -> Int {
        let isLoaded = registry.active(module) != nil
        let known = try await pipeline.runForCaller(["SELECT FROM core.modules WHERE id = \(module)"])[0]
        let hosted = registry.plugins.first { $0.id == module }
        guard hosted != nil || !known.isEmpty else { throw Problem.notFound }
        guard hosted?.manifest?.isAlwaysOn != true else {
            throw Problem.conflict("This module cannot be switched off.", code: "module_always_on")
        }
        let result = try await pipeline.runForCaller([
            """
            SELECT t.id
            FROM core.tenants AS t
            LEFT JOIN core.tenant_modules AS switch ON switch.tenant_id = t.id AND switch.module_id = \(module)
            WHERE COALESCE(switch.enabled, true)
            ORDER BY t.id
            """
        ])[0]
        for row in result.rows {
            let tenant: TenantID = try row.get("id")
            if isLoaded {
                _ = try await change(module, of: tenant, enabled: false, settings: nil)
            } else {
                _ = try await pipeline.runForCaller([
                    write(module, tenant, false, nil, unless: "SELECT WHERE false"),
                    "SELECT core.record_change('module', \(tenant), \(module))",
                ])
            }
        }
        return result.count
    }

    private func write(
        _ module: String, _ tenant: TenantID, _ enabled: Bool?, _ settings: JSONValue?, unless blocking: SQL
    ) -> SQL {
        """
        INSERT INTO core.tenant_modules (tenant_id, module_id, enabled, settings)
        SELECT \(tenant), \(module), COALESCE(\(enabled), true), COALESCE(\(settings), '{}')
        WHERE NOT EXISTS (\(blocking))
        ON CONFLICT (tenant_id, module_id) DO UPDATE
        SET enabled = COALESCE(\(enabled), tenant_modules.enabled),
            settings = COALESCE(\(settings), tenant_modules.settings)
        """
    }

    /// The modules that forbid a change: switching off must not pull the ground from under another module, nor
    /// switching on stand on nothing.
    private func blocking(_ enabled: Bool?, _ manifest: Manifest, _ tenant: TenantID) -> SQL {
        let others = registry.activeManifests.filter { !$0.isAlwaysOn }.map(\.id.description)
        let names =
            switch enabled {
            case nil: [String]()
            case true?: manifest.requires.filter { others.contains($0) }
            case false?:
                registry.activeManifests.filter { $0.requires.contains(manifest.id.description) }.map(\.id.description)
            }
        return """
            SELECT name AS module_id
            FROM unnest(\(names)) AS name
            LEFT JOIN core.tenant_modules AS switch ON switch.tenant_id = \(tenant) AND switch.module_id = name
            WHERE COALESCE(switch.enabled, true) <> \(enabled)
            """
    }

    private static func refusal(switchingOn: Bool, _ modules: [String]) -> Problem {
        let names = modules.joined(separator: ", ")
        return switchingOn
            ? .conflict("Switch on first: \(names).", code: "module_requires")
            : .conflict("Switch off first: \(names).", code: "module_required")
    }

    private func rows(of tenant: TenantID) async throws -> [String: (enabled: Bool, settings: JSONValue)] {
        let result = try await pipeline.runForCaller([
            """
            SELECT module_id, enabled, settings
            FROM core.tenant_modules
            WHERE tenant_id = \(tenant)
            """
        ])[0]
        var rows: [String: (enabled: Bool, settings: JSONValue)] = [:]
        for row in result.rows { rows[try row.get("module_id")] = (try row.get("enabled"), try row.get("settings")) }
        return rows
    }

    private static func resource(
        _ manifest: Manifest, _ row: (enabled: Bool, settings: JSONValue)?, _ secrets: Set<String>
    ) throws -> Resource<ModulePayload> {
        try Resource([
            "id": .string(manifest.id.description), "title": .string(manifest.title),
            "version": .string(manifest.version),
            "enabled": .bool(manifest.isAlwaysOn || row?.enabled ?? true), "always_on": .bool(manifest.isAlwaysOn),
            "settings": manifest.settings.effective(row?.settings),
            "secrets": .object(
                manifest.settings.secrets.fields.map { .init($0.name, .bool(secrets.contains($0.name))) }),
            "settings_schema": manifest.settings.document,
            "requires": .array(manifest.requires.map { .string($0) }),
        ])
    }
}
