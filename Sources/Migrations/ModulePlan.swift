package import PluginKit
package import Tenancy

/// What the migrator must know of a module.
package struct ModulePlan: Sendable {
    package let module: ModuleName
    /// The folder with its numbered SQL.
    package let folder: String
    package let tables: [Table]
    package let searches: [Search]
    package let reads: [Read]
    package let engine: Engine

    package init(
        module: ModuleName, folder: String, tables: [Table], searches: [Search], reads: [Read] = [],
        engine: Engine = Engine()
    ) {
        self.engine = engine
        self.module = module
        self.folder = folder
        self.tables = tables
        self.searches = searches
        self.reads = reads
    }

    /// A table and how it is protected.
    package struct Table: Sendable {
        package let name: String
        package let isPartitioned: Bool
        package let rule: JSONValue

        package init(name: String, isPartitioned: Bool, rule: JSONValue) {
            self.name = name
            self.isPartitioned = isPartitioned
            self.rule = rule
        }
    }

    /// A search function to be generated.
    package struct Search: Sendable {
        package let function: String
        package let table: String
        package let column: String

        package init(function: String, table: String, column: String) {
            self.function = function
            self.table = table
            self.column = column
        }
    }

    /// Columns of another module's table that it reads.
    package struct Read: Sendable {
        package let module: ModuleName
        package let table: String
        package let columns: [String]

        package init(module: ModuleName, table: String, columns: [String]) {
            self.module = module
            self.table = table
            self.columns = columns
        }
    }

    /// What the database must know of jobs, events and schedules, as the functions `core.declare_…` read it.
    package struct Engine: Sendable {
        /// `[{"kind", "attempts", "timeout_ms"}]`
        package var jobs: JSONValue = []
        /// `["name"]`
        package var commands: JSONValue = []
        /// `["name"]`, of others' commands.
        package var uses: JSONValue = []
        /// `[{"type", "version"}]`
        package var events: JSONValue = []
        /// `[{"event", "job"}]`
        package var consumes: JSONValue = []
        /// `[{"name", "cron", "zone", "job", "catch_up"}]`
        package var schedules: JSONValue = []
        /// Whether tenants cannot switch the module off.
        package var isAlwaysOn = false

        package init() {}
    }
}
