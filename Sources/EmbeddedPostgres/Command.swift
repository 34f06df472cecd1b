import Foundation

/// A program to start, with all it is given: nothing is inherited from this process but what stands here.
struct Command: Sendable {
    /// Where the programs of the system are looked for.
    private static let systemDirectories = [
        "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
    ]

    /// Hands over to the program unless the process that wanted it has ended in the meantime.
    private static let handOver = #"[ "$PPID" = "$0" ] || exit 125; exec "$@""#

    /// The program's path.
    var executable: String

    /// Its arguments, without its own name.
    var arguments: [String]

    /// Its environment.
    var environment = ["PATH": Command.systemDirectories.joined(separator: ":"), "LC_ALL": "C.UTF-8"]

    /// The file that standard output and error are appended to; without one they are dropped.
    var output: String?

    /// Creates a command.
    ///
    /// - Parameters:
    ///   - executable: the program's path.
    ///   - arguments: its arguments, without its own name.
    ///   - output: the file that standard output and error are appended to.
    init(_ executable: String, _ arguments: [String], output: String? = nil) {
        self.executable = executable
        self.arguments = arguments
        self.output = output
    }

    /// The path of a program of the system.
    ///
    /// - Parameters:
    ///   - name: the program's name.
    ///   - package: the package of Debian that has it, for the error.
    ///   - path: directories to look in before those of the system.
    static func find(
        _ name: String,
        package: String,
        path: [String] = []
    ) throws(EmbeddedPostgresError) -> String {
        let candidates = (path + systemDirectories).map { "\($0)/\(name)" }
        guard let found = candidates.first(where: { access($0, X_OK) == 0 }) else {
            throw EmbeddedPostgresError(
                .toolMissing, "The program \(name) is not on this machine.", fix: "run `apt-get install \(package)`."
            )
        }
        return found
    }

    /// The same command, ended by the system as soon as this process ends, in whatever way it does.
    ///
    /// `setpriv` asks the kernel for the death signal after it has changed the user, because the change would cancel
    /// it; a shell then makes sure that the parent was still there when the kernel was asked.
    ///
    /// - Parameters:
    ///   - signal: the signal to end it with, such as `INT`.
    ///   - account: the user to run it as; nobody means the present one.
    func bound(dyingBy signal: String, as account: ServerAccount?) throws(EmbeddedPostgresError) -> Command {
        var prefix: [String] = []
        if let account {
            prefix = ["--reuid=\(account.user)", "--regid=\(account.group)", "--clear-groups"]
        }
        prefix += ["--pdeathsig=\(signal)", "--", "/bin/sh", "-c", Self.handOver, "\(getpid())", executable]
        var result = self
        result.executable = try Self.find("setpriv", package: "util-linux")
        result.arguments = prefix + arguments
        return result
    }
}
