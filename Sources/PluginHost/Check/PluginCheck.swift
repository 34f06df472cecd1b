internal import Foundation
internal import Migrations
@_spi(Kernel) internal import PluginKit
internal import Tenancy

/// Looks at a plugin as its author would before it is handed on: manifest against code, migrations, duplicates.
package struct PluginCheck: Sendable {
    /// Something that is wrong, or that may be.
    package struct Finding: Hashable, Sendable, CustomStringConvertible {
        /// Whether the platform would refuse it, or people be harmed by it.
        package let isError: Bool
        package let text: String

        package var description: String { "\(isError ? "error" : "warning"): \(text)" }
    }

    private let folder: PluginFolder
    private var findings: [Finding] = []

    /// Everything that is found in a plugin's folder; its code is loaded into this process.
    ///
    /// - Parameter reserved: the mounts that the kernel's own routes take.
    package static func run(_ folder: PluginFolder, reserved: [String]) -> [Finding] {
        var check = PluginCheck(folder: folder)
        guard let manifest = check.manifest() else { return check.findings }
        check.kit(of: manifest)
        check.migrations(of: manifest)
        check.personalData(of: manifest)
        check.assets(of: manifest)
        if let mount = manifest.mounts.first(where: { mount in reserved.contains { PluginRegistry.overlap($0, mount) } }
        ) {
            check.fail("the path \(mount) belongs to the kernel; choose another mount")
        }
        if let plugin = check.code(of: manifest) { check.permissions(of: manifest, plugin) }
        return check.findings
    }

    private init(folder: PluginFolder) {
        self.folder = folder
    }

    private mutating func fail(_ text: String) { findings.append(Finding(isError: true, text: text)) }

    private mutating func warn(_ text: String) { findings.append(Finding(isError: false, text: text)) }

    private mutating func manifest() -> Manifest? {
        do throws(ManifestError) {
            return try folder.manifest.get()
        } catch {
            fail(error.description)
            return nil
        }
    }

    private mutating func kit(of manifest: Manifest) {
        do throws(PluginRefusal) {
            try manifest.requireKit()
        } catch {
            fail(error.description)
        }
    }

    private mutating func code(of manifest: Manifest) -> Plugin? {
        guard let path = folder.libraryPath(libraries: []) else {
            fail("lib\(folder.name).so is neither in the folder nor in its .build; run swift build")
            return nil
        }
        do throws(PluginRefusal) {
            let plugin = try PluginLibrary.load(path, of: manifest.id.description)
            try PluginRegistry.requireDeclared(plugin, by: manifest)
            for route in plugin.routes where route.summary.isEmpty {
                warn("\(route.method) \(route.path) has no summary for the documentation")
            }
            let isShown = plugin.routes.contains { $0.access == .visitor }
            if isShown, !manifest.tables.contains(where: { $0.rule["public"] != nil }) {
                warn("it has public routes, and no table is declared public: visitors see no row")
            }
            return plugin
        } catch {
            fail(error.description)
            return nil
        }
    }

    private mutating func permissions(of manifest: Manifest, _ plugin: Plugin) {
        let used = plugin.routes.compactMap { route -> String? in
            if case .permission(let permission) = route.access { permission } else { nil }
        }
        let named = used + manifest.ui.slots.compactMap(\.permission)
        for permission in manifest.permissions where !named.contains(permission.id) {
            warn("the permission \(permission.id) is declared, and no route, command or slot needs it")
        }
        for slot in manifest.ui.slots {
            guard let permission = slot.permission, !manifest.permissions.contains(where: { $0.id == permission })
            else {
                continue
            }
            fail("the slot \(slot.slot) needs \(permission), which plugin.json does not declare")
        }
    }

    private mutating func assets(of manifest: Manifest) {
        do throws(PluginRefusal) {
            try manifest.requireScripts(in: try PluginAssets.read("\(folder.path)/assets"))
        } catch {
            fail(error.description)
        }
    }

    private mutating func migrations(of manifest: Manifest) {
        let files: [MigrationFile]
        do throws(MigrationError) {
            files = try MigrationFile.list(in: folder.migrationsPath)
        } catch {
            return fail("\(error)")
        }
        for file in files where file.rollback == nil {
            warn("\(file.name) cannot be undone: there is no .down.sql beside it")
        }
        let sql = files.map(\.sql).joined(separator: "\n")
        let own = manifest.id.description
        for (schema, table) in SchemaNames.created(in: sql) where schema != own {
            fail("a migration makes \(schema).\(table); a plugin touches its own schema, \(own)")
        }
        for kind in SchemaNames.code(in: sql) {
            fail("a migration says \(kind); a module's schema holds data and no code")
        }
        let made = Set(SchemaNames.created(in: sql).filter { $0.schema == own }.map(\.table))
        for table in manifest.tables.map(\.name) where !made.contains(table) {
            fail("plugin.json declares the table \(table), which no migration makes")
        }
        for table in made.subtracting(manifest.tables.map(\.name)).sorted() {
            fail("a migration makes \(own).\(table), which plugin.json does not declare under tables")
        }
    }

    /// What is somebody's must say what becomes of it when they wish to be forgotten.
    private mutating func personalData(of manifest: Manifest) {
        let declared = Set(manifest.personalData.map(\.table))
        let tables = Set(manifest.tables.map(\.name))
        for table in declared.subtracting(tables).sorted() {
            fail("personal_data names the table \(table), which is not declared under tables")
        }
        for table in manifest.tables where table.customerColumn != nil && !declared.contains(table.name) {
            fail("\(table.name) belongs to customers, and personal_data does not say what becomes of it")
        }
    }
}

/// What SQL makes, as far as its text tells.
enum SchemaNames {
    /// Every `CREATE TABLE schema.table`, comments left out.
    static func created(in sql: String) -> [(schema: String, table: String)] {
        let pattern = /(?i)\bCREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?"?([A-Za-z_]\w*)"?\s*\.\s*"?([A-Za-z_]\w*)"?/
        return withoutComments(sql).matches(of: pattern).map { ($0.1.lowercased(), $0.2.lowercased()) }
    }

    /// Every kind of thing it makes that `migrate` refuses because it is code, such as `CREATE FUNCTION`, each once.
    static func code(in sql: String) -> [String] {
        let pattern = /(?i)\bCREATE\s+(?:OR\s+REPLACE\s+)?(FUNCTION|PROCEDURE|CAST|RULE|POLICY)\b/
        let kinds = withoutComments(sql).matches(of: pattern).map { "CREATE \($0.1.uppercased())" }
        return Set(kinds).sorted()
    }

    private static func withoutComments(_ sql: String) -> String {
        sql.split(separator: "\n").map { $0.components(separatedBy: "--")[0] }.joined(separator: "\n")
    }
}
