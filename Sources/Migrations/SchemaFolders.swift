/// Where the kernel's SQL is.
package struct SchemaFolders: Sendable {
    /// Numbered files of the kernel; `bootstrap` below it holds what a superuser runs.
    package let migrations: String
    /// `kernel.sql` and the folder `lints`.
    package let policies: String

    package init(migrations: String, policies: String) {
        self.migrations = migrations
        self.policies = policies
    }
}
