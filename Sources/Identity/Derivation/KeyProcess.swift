internal import Cryptography
internal import Foundation
internal import Supervision

/// A process that derives keys, seen from the one that asks it.
///
/// Linux shares cores among sessions before it looks at the niceness of threads, so what checks of passwords take is
/// taken from those who asked for them, unless the checks are a session of their own.
final class KeyProcess: Sendable {
    /// No check takes as long.
    private static let patience = Duration.seconds(30)

    private let process: ChildProcess
    private let socket: FileHandle

    /// Starts one.
    ///
    /// - Parameters:
    ///   - program: the program's path; nil means this very program.
    ///   - arguments: what it is called with.
    /// - Throws: `POSIXError`.
    init(_ program: String?, _ arguments: [String]) throws(POSIXError) {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EMFILE)
        }
        socket = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
        defer { close(ends[1]) }
        // No secret of ours: neither the master secret nor the database's address is its business.
        let environment = ProcessInfo.processInfo.environment.filter { $0.key == "LD_LIBRARY_PATH" }
        let (input, error) = (Spawn.Stream.descriptor(ends[1]), Spawn.Stream.descriptor(STDERR_FILENO))
        let output = Spawn.Stream.file("/dev/null", flags: O_WRONLY)
        let spawn =
            if let program {
                Spawn(program, arguments, environment: environment, input: input, output: output, error: error)
            } else {
                Spawn.ourselves(arguments, environment: environment, input: input, output: output, error: error)
            }
        process = ChildProcess.watching(try spawn.start())
    }

    deinit { process.signal(SIGKILL) }

    /// The key; nil when the process ended instead.
    ///
    /// - Throws: `PasswordError.unavailable` when it cannot compute it.
    func derive(_ request: KeyRequest) throws(PasswordError) -> [UInt8]? {
        let socket = KeySocket(descriptor: socket.fileDescriptor)
        guard socket.send(request.bytes), let state = socket.receive(1, patience: Self.patience) else { return nil }
        guard state == [1] else { throw .unavailable }
        return socket.receive(request.count, patience: Self.patience)
    }
}
