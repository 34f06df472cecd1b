import Foundation
import Migrations
import Platform
import PluginHost
import PluginKit
import Postgres
import Tenancy
import TestKit
import Testing

/// What keeps a module in.
extension UninstallTests {
    @Test("Nothing happens while a tenant has it on, another requires it, a bisection has it, or it is not agreed to")
    func refusals() async throws {
        try await Self.with { ground, before, files in
            func refusal(_ module: String = Self.module, _ manner: PluginUninstall.Manner = .drop, yes: Bool = true)
                async
                -> UninstallError?
            {
                await #expect(throws: UninstallError.self) {
                    try await ground.uninstall(module, manner, isConfirmed: yes, files)
                }
            }
            for name in ["nowhere", "core", "Bad Name"] { #expect(await refusal(name)?.code == .unknown, "\(name)") }
            _ = try await ground.plantRows()
            let unconfirmed = await refusal(yes: false)
            #expect(
                unconfirmed?.code == .unconfirmed && unconfirmed?.detail.contains("zanzibar.things (6 rows)") == true)

            try await ground.database.asSuperuser {
                try await $0.run(
                    """
                    UPDATE core.tenant_modules SET enabled = true
                    WHERE tenant_id = (SELECT id FROM core.tenants WHERE slug = 'tenant-1')
                    """)
            }
            let on = await refusal()
            #expect(
                on?.code == .enabled && on?.detail.contains("tenant-1") == true
                    && on?.detail.contains("tenant-0") == false)
            try await ground.database.asSuperuser { try await $0.run("UPDATE core.tenant_modules SET enabled = false") }

            try ground.addModule("pemba", migrations: [MigrationGround.things(in: "pemba")])
            let manifest = try String(contentsOfFile: "\(ground.home)/Plugins/pemba/plugin.json", encoding: .utf8)
            try ground.write(
                "Plugins/pemba/plugin.json",
                manifest.replacing(#""requires": []"#, with: #""requires": ["zanzibar"]"#))
            let required = await refusal(Self.module, .keep)
            #expect(required?.code == .required && required?.detail.contains("pemba") == true)
            try ground.move("Plugins/pemba", to: nil)

            try await ground.database.asSuperuser {
                try await $0.run(
                    """
                    INSERT INTO core.plugin_bisections (id, modules)
                    VALUES (gen_random_uuid(), '[{"id": "zanzibar", "requires": []}]')
                    """)
            }
            #expect(await refusal()?.code == .underBisection)
            try await ground.database.asSuperuser { try await $0.run("DELETE FROM core.plugin_bisections") }
            try await ground.expectUnchanged(since: before)
            #expect(try await ground.column("SELECT title AS value FROM zanzibar.things").count == 6)
        }
    }

    @Test("Nothing happens while a process serves, whatever is said")
    func serving() async throws {
        try await Self.with { ground, before, files in
            let settings = PlatformSettings(
                server: ground.database.settings, master: TestPlatform.master, installation: try ground.installation)
            let platform = try await Platform.start(settings, logger: ground.database.server.logger)
            let error = await #expect(throws: MigrationError.self) {
                try await ground.uninstall(Self.module, .drop, isConfirmed: true, files)
            }
            platform.databases.close()
            #expect(error?.code == .stillServing)
            try await ground.expectUnchanged(since: before)
        }
    }
}
