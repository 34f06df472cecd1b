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
    ///   - program: the program's path.
    ///   - arguments: what it is called with.
    /// - Throws: `POSIXError`.
    init(_ program: String, _ arguments: [String]) throws(POSIXError) {
        let sockets = try SocketPair()
        socket = sockets.ours
        // No secret of ours: neither the master secret nor the database's address is its business.
        let environment = ProcessInfo.processInfo.environment.filter { $0.key == "LD_LIBRARY_PATH" }
        let spawn = Spawn(
            program, arguments, environment: environment, input: .descriptor(sockets.theirs.fileDescriptor),
            output: .file("/dev/null", flags: O_WRONLY), error: .descriptor(STDERR_FILENO))
        process = ChildProcess.watching(
            try withExtendedLifetime(sockets) { () throws(POSIXError) in try spawn.start() })
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
