import Foundation
import Synchronization

/// The right to use a server directory, held until it is released or the process ends in whatever way.
final class DirectoryLock: Sendable {
    /// The open and locked file, until it is released.
    private let descriptor: Mutex<Int32?>

    /// Holds a descriptor that is to be locked.
    private init(descriptor: Int32) {
        self.descriptor = Mutex(descriptor)
    }

    /// Gives the right back.
    deinit {
        release()
    }

    /// Gives the right back before the end; the first call does, further ones do nothing.
    ///
    /// - Parameter cleanup: runs while the right is still held.
    func release(after cleanup: () -> Void = {}) {
        descriptor.withLock { descriptor in
            guard let open = descriptor else { return }
            cleanup()
            // Said expressly, because a child on its way from `fork` to `exec` has the file open for a moment.
            flock(open, LOCK_UN)
            close(open)
            descriptor = nil
        }
    }

    /// Takes the right, or fails if another process, or another server of this one, has it.
    ///
    /// - Parameter path: the lock file, created if it is missing.
    static func take(_ path: String) throws(EmbeddedPostgresError) -> DirectoryLock {
        guard let lock = try tryTake(path) else {
            let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
            let holder = FileSystem.text(of: path)?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
            throw EmbeddedPostgresError(
                .directoryInUse,
                "The server directory \(directory) is in use by process \(holder.isEmpty ? "(unknown)" : holder).",
                fix: "stop that process, or choose another directory."
            )
        }
        return lock
    }

    /// Takes the right, or returns nothing if someone has it.
    static func tryTake(_ path: String) throws(EmbeddedPostgresError) -> DirectoryLock? {
        let descriptor = try open(path)
        let lock = DirectoryLock(descriptor: descriptor)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return nil }
        let text = "\(getpid())\n"
        ftruncate(descriptor, 0)
        _ = pwrite(descriptor, text, text.utf8.count, 0)
        return lock
    }

    /// Takes the right, waiting for whoever has it; only for locks that are held for moments.
    static func wait(_ path: String) throws(EmbeddedPostgresError) -> DirectoryLock {
        let descriptor = try open(path)
        let lock = DirectoryLock(descriptor: descriptor)
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw FileSystem.failure("lock", path) }
        }
        return lock
    }

    /// Opens the lock file; no child process inherits it.
    private static func open(_ path: String) throws(EmbeddedPostgresError) -> Int32 {
        let descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw FileSystem.failure("open the lock file", path) }
        return descriptor
    }
}
