import Foundation
import Logging
internal import Supervision

/// The creation of a cluster, which either happens as a whole or leaves no trace.
struct ClusterCreation {
    /// The start that needs the cluster.
    let start: ServerStart

    /// Creates the cluster beside its place and moves it there when it is complete.
    ///
    /// - Parameter password: the superuser's.
    func run(password: String) async throws(EmbeddedPostgresError) {
        let directory = start.directory
        start.logger.info("creating the database cluster")
        let workshop = "\(directory.path)/init-\(UUID().uuidString)"
        try directory.makePrivate(workshop)
        defer { FileSystem.remove(workshop) }
        let passwordFile = "\(workshop)/password"
        try FileSystem.replace(passwordFile, with: Data("\(password)\n".utf8), permissions: 0o600)
        if let account = directory.account {
            try FileSystem.setOwner(account.user, account.group, of: passwordFile)
        }

        var arguments = [
            "-D", "\(workshop)/data", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-A", "scram-sha-256",
            "--pwfile=\(passwordFile)", "--no-instructions",
        ]
        arguments.append(start.configuration.mode == .ephemeral ? "--no-sync" : "--data-checksums")
        let command = Command(start.installation.initializer, arguments)
        let (exit, output) = try await command.bound(dyingBy: "KILL", as: directory.account).run()
        if Task.isCancelled { throw .cancelled }
        guard exit.isSuccess else {
            throw EmbeddedPostgresError(
                .initializationFailed,
                "The database cluster could not be created (initdb: \(exit)):\n\(output)",
                fix: "remove the cause the lines above name, then start again."
            )
        }
        try FileSystem.rename("\(workshop)/data", to: directory.data)
        FileSystem.synchronize(directory: directory.path)
    }
}
