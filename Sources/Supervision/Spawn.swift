package import Foundation

/// All that a new process is given; it inherits nothing of this one but what stands here.
///
/// It gets a process group of its own, so that Ctrl-C in the terminal reaches only this process, and the signals' own
/// handling, which this process may have changed.
package struct Spawn: Sendable {
    /// What a standard descriptor of the process is.
    package enum Stream: Sendable {
        /// A file, opened with `open`'s flags; created for its owner alone where they say so.
        case file(String, flags: Int32)
        /// What this process has open under a number.
        case descriptor(Int32)
    }

    /// The number under which the child has the first descriptor that it inherits besides the standard ones.
    package static let firstInherited: Int32 = STDERR_FILENO + 1

    private static let defaultSignals = [
        SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGALRM, SIGTERM, SIGUSR1, SIGUSR2, SIGCHLD,
    ]

    /// The program's path.
    let executable: String
    /// Its arguments, without its own path.
    let arguments: [String]
    let environment: [String: String]
    let input: Stream
    let output: Stream
    let error: Stream
    let inherited: [Int32]

    /// - Parameters:
    ///   - executable: the program's path.
    ///   - arguments: without its own path.
    ///   - inherited: what of this process the new one has open besides, under the numbers from ``firstInherited`` on.
    package init(
        _ executable: String, _ arguments: [String], environment: [String: String], input: Stream, output: Stream,
        error: Stream, inherited: [Int32] = []
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.input = input
        self.output = output
        self.error = error
        self.inherited = inherited
    }

    /// Starts the process.
    ///
    /// - Returns: its id. It must be reaped; see ``ChildProcess``.
    /// - Throws: `POSIXError` with what the system says.
    package func start() throws(POSIXError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, stream) in [(STDIN_FILENO, input), (STDOUT_FILENO, output), (STDERR_FILENO, error)] {
            switch stream {
            case .file(let path, let flags): posix_spawn_file_actions_addopen(&actions, number, path, flags, 0o600)
            case .descriptor(let descriptor): posix_spawn_file_actions_adddup2(&actions, descriptor, number)
            }
        }
        // Copies beyond the numbers they are to have, so that none takes the place of one that is still needed.
        let copies = try Self.copies(of: inherited)
        defer { for copy in copies { close(copy) } }
        for descriptor in Self.openDescriptors() where descriptor > STDERR_FILENO && !copies.contains(descriptor) {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }
        for (number, copy) in zip(Self.firstInherited..., copies) {
            posix_spawn_file_actions_adddup2(&actions, copy, number)
            posix_spawn_file_actions_addclose(&actions, copy)
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
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        let argumentPointers = ([executable] + arguments).map { strdup($0) } + [nil]
        let environmentPointers = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in argumentPointers + environmentPointers { free(pointer) } }
        var id: pid_t = 0
        let status = posix_spawn(&id, executable, &actions, &attributes, argumentPointers, environmentPointers)
        guard status == 0 else { throw POSIXError(POSIXErrorCode(rawValue: status) ?? .EINVAL) }
        return id
    }

    private static func copies(of descriptors: [Int32]) throws(POSIXError) -> [Int32] {
        var copies: [Int32] = []
        for descriptor in descriptors {
            let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, firstInherited + Int32(descriptors.count))
            guard copy >= 0 else {
                let error = POSIXError(POSIXErrorCode(rawValue: errno) ?? .EMFILE)
                for copy in copies { close(copy) }
                throw error
            }
            copies.append(copy)
        }
        return copies
    }

    /// What this process has open; also what it should have marked not to be inherited, but has not.
    private static func openDescriptors() -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return names.compactMap { Int32($0) }
    }
}
