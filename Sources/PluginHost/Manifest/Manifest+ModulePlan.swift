package import Migrations

extension Manifest {
    /// What the migrator must know, with the SQL in the plugin's folder.
    package func plan(folder: String) -> ModulePlan {
        ModulePlan(
            module: id, folder: folder,
            tables: tables.map {
                .init(name: $0.name, isPartitioned: $0.isPartitioned, rule: $0.rule)
            },
            searches: search.map { .init(function: $0.function, table: $0.table, column: $0.column) },
            reads: reads.compactMap { read in
                read.parts.map { ModulePlan.Read(module: $0.module, table: $0.table, columns: read.columns) }
            },
            engine: engine)
    }
}

extension PluginFolder {
    /// The plan of a plugin whose manifest can be read.
    package var plan: ModulePlan? {
        (try? manifest.get()).map { $0.plan(folder: migrationsPath) }
    }
}
