import PluginHost
import PluginKit
import Postgres
import TestKit
import Testing

/// What a module wrote, and who runs it when the module is taken out.
extension UninstallTests {
    @Test("An export that meets a cast of the module's runs it as the module, which can become nobody else")
    func castsInExport() async throws {
        try await Self.with { ground, _, files in
            _ = try await ground.plantRows()
            // As a server's migrations could make it before languages were closed to modules.
            try await ground.database.asSuperuser {
                try await $0.script(
                    """
                    CREATE TYPE zanzibar.span AS RANGE (subtype = int4);
                    CREATE FUNCTION zanzibar.whoami(zanzibar.span) RETURNS json LANGUAGE sql
                    AS 'SELECT to_json(format(''%s %s'', session_user, current_user))';
                    CREATE CAST (zanzibar.span AS json) WITH FUNCTION zanzibar.whoami(zanzibar.span);
                    ALTER TABLE zanzibar.things ADD COLUMN span zanzibar.span DEFAULT '[1,2)';
                    """)
            }
            let report = try await ground.uninstall(Self.module, .export(folder: "\(ground.home)/exported"), files)
            #expect(report.tables.map(\.rows) == [2, 6])
            let runners = try ground.lines("exported/things.jsonl").compactMap { $0["span"]?.string }
            #expect(runners.count == 6 && Set(runners) == ["romashka_o_zanzibar romashka_o_zanzibar"], "\(runners)")
        }
    }
}
