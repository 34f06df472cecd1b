package import PluginKit
package import Tenancy

/// What the migrator must know of a module.
package struct ModulePlan: Sendable {
    package let module: ModuleName
    /// The folder with its numbered SQL.
    package let folder: String
    package let tables: [Table]
    package let searches: [Search]

    package init(module: ModuleName, folder: String, tables: [Table], searches: [Search]) {
        self.module = module
        self.folder = folder
        self.tables = tables
        self.searches = searches
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
}
