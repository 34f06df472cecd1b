import Foundation

extension Command {
    /// The signals whose handling a child must not inherit: the host may ignore them.
    private static let defaultSignals = [
        SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGALRM, SIGTERM, SIGUSR1, SIGUSR2, SIGCHLD,
    ]

    /// Leaves the working directory, which the program may not be allowed to read, and becomes the program.
    private static let fromRoot = #"cd / && exec "$0" "$@""#

    /// Starts the program, in a process group of its own so that Ctrl-C in the terminal reaches only the host.
    ///
    /// The child works in `/`, reads nothing and has no file of this process open.
    ///
    /// - Returns: the process's id. The death signal, if one is asked for, follows the thread that calls this.
    func spawn() -> Result<pid_t, EmbeddedPostgresError> {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        let flags = O_WRONLY | O_CREAT | O_APPEND
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output ?? "/dev/null", flags, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        for descriptor in Self.openDescriptors() where descriptor > STDERR_FILENO {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var mask = sigset_t()
        sigemptyset(&mask)
        posix_spawnattr_setsigmask(&attributes, &mask)
        for signal in Self.defaultSignals { sigaddset(&mask, signal) }
        posix_spawnattr_setsigdefault(&attributes, &mask)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)
        )

        var argumentPointers = (["/bin/sh", "-c", Self.fromRoot, executable] + arguments).map { strdup($0) }
        var environmentPointers = environment.map { strdup("\($0.key)=\($0.value)") }
        argumentPointers.append(nil)
        environmentPointers.append(nil)
        defer { for pointer in argumentPointers + environmentPointers { free(pointer) } }

        var id: pid_t = 0
        let error = posix_spawn(&id, "/bin/sh", &actions, &attributes, argumentPointers, environmentPointers)
        guard error == 0 else {
            return .failure(
                EmbeddedPostgresError(
                    .startFailed,
                    "Cannot run \(executable): \(String(cString: strerror(error))).",
                    fix: "check that \(output ?? "/dev/null") may be written, and the limit of processes."
                )
            )
        }
        return .success(id)
    }
    /// The files this process has open; those that it should have marked not to be inherited, but has not, too.
    private static func openDescriptors() -> [Int32] {
        FileSystem.names(in: "/proc/self/fd").compactMap { Int32($0) }
    }
}
