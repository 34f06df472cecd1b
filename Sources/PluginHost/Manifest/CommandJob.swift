package import Tenancy

/// The job as which a module's commands run that a transaction asked for: the platform's own, in the module's queue.
package enum CommandJob {
    /// Its kind; `core.enqueue_command` says the same.
    package static func kind(of module: ModuleName) -> String { "\(module).run_command" }

    static func declaration(for module: ModuleName) -> Manifest.JobDeclaration {
        Manifest.JobDeclaration(kind: kind(of: module), attempts: 10, timeout: 30)
    }
}
