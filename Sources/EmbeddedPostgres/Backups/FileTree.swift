internal import Foundation
internal import Synchronization

/// Copies a tree of files that never change, in which others add and remove some meanwhile: by links, and by bytes
/// where there are none between the two places.
final class FileTree: Sendable {
    private let isCancelled = Mutex(false)

    /// Copies a directory, or a symbolic link as one, on a thread of its own until the task is cancelled.
    ///
    /// - Parameter destination: what the copy is called; not there yet.
    static func share(_ source: String, as destination: String) async throws(EmbeddedPostgresError) {
        let tree = FileTree()
        let result: Result<Void, EmbeddedPostgresError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                Thread.detachNewThread {
                    continuation.resume(
                        returning: Result { () throws(EmbeddedPostgresError) -> Void in
                            try tree.take(source, as: destination)
                        })
                }
            }
        } onCancel: {
            tree.isCancelled.withLock { $0 = true }
        }
        try result.get()
    }

    /// Copies whatever is there; what has vanished since its name was read is no failure, and is not in the copy.
    func take(_ source: String, as destination: String) throws(EmbeddedPostgresError) {
        guard !isCancelled.withLock({ $0 }) else {
            throw EmbeddedPostgresError(
                .cancelled, "The copy of \(source) was cancelled.", fix: "nothing is to be done; the next is whole.")
        }
        var status = stat()
        guard lstat(source, &status) == 0 else {
            guard errno == ENOENT else { throw FileSystem.failure("read", source) }
            return
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: try takeDirectory(source, as: destination, status)
        case S_IFREG, S_IFLNK: try takeFile(source, as: destination, status)
        // Sockets and pipes keep nothing.
        default: break
        }
    }

    private func takeDirectory(
        _ source: String, as destination: String, _ status: stat
    ) throws(EmbeddedPostgresError) {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: source)
        } catch {
            guard FileSystem.attributes(of: source) != nil else { return }
            throw FileTree.failure(source, error)
        }
        try FileSystem.makeDirectory(destination, permissions: 0o700)
        // What a file system of its own has at its root is not ours, nor may it be read.
        for name in names where name != "lost+found" {
            try take("\(source)/\(name)", as: "\(destination)/\(name)")
        }
        FileTree.adopt(status, destination)
    }

    private func takeFile(_ source: String, as destination: String, _ status: stat) throws(EmbeddedPostgresError) {
        guard link(source, destination) != 0 else { return }
        let reason = errno
        // Another device, a file system without links, too many of one file, or none allowed to this user.
        guard [EXDEV, EOPNOTSUPP, EMLINK, EPERM].contains(reason) else {
            guard FileSystem.attributes(of: source) != nil else { return }
            errno = reason
            throw FileSystem.failure("link to \(destination)", source)
        }
        do {
            try FileManager.default.copyItem(atPath: source, toPath: destination)
        } catch {
            guard FileSystem.attributes(of: source) == nil else { throw FileTree.failure(source, error) }
            FileSystem.remove(destination)
            return
        }
        FileTree.adopt(status, destination)
    }

    /// Gives a copy the owner, the permissions and the times of what it was made of, as far as this user may.
    private static func adopt(_ status: stat, _ path: String) {
        lchown(path, status.st_uid, status.st_gid)
        if status.st_mode & S_IFMT != S_IFLNK { chmod(path, status.st_mode & 0o7777) }
        utimensat(AT_FDCWD, path, [status.st_atim, status.st_mtim], AT_SYMLINK_NOFOLLOW)
    }

    private static func failure(_ path: String, _ error: any Error) -> EmbeddedPostgresError {
        EmbeddedPostgresError(
            .backupFailed, "\(path) could not be copied: \(error.localizedDescription).",
            fix: "check the owner and permissions of the path, and the free space of the backups' disk.")
    }
}
