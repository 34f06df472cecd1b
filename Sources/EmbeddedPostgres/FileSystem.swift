import Foundation

/// The few file operations the server needs, each failing with a path and a reason.
package enum FileSystem {
    /// Whom a path belongs to and who may use it.
    struct Attributes {
        /// The owner.
        let owner: uid_t
        /// The owner's group.
        let group: gid_t
        /// The permission bits.
        let permissions: mode_t
        /// Whether it is a directory; a symbolic link is none.
        let isDirectory: Bool
    }

    /// The attributes of a path, without following a symbolic link at its end, or nothing if there is none.
    static func attributes(of path: String) -> Attributes? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        return Attributes(
            owner: status.st_uid,
            group: status.st_gid,
            permissions: status.st_mode & 0o7777,
            isDirectory: status.st_mode & S_IFMT == S_IFDIR
        )
    }

    /// The device that a path is on, without following a symbolic link at its end, or nothing if there is none.
    static func device(of path: String) -> dev_t? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_dev : nil
    }

    /// Whether there is something at a path.
    static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    /// Whether there is certainly nothing at a path, as nobody can say who may not look.
    static func isMissing(_ path: String) -> Bool {
        access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR)
    }

    /// The path without symbolic links, or itself where it does not exist.
    static func resolved(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// A path made absolute by the working directory, without `.`, `..` and a slash at its end.
    package static func absolute(_ path: String) -> String {
        URL(fileURLWithPath: path).standardizedFileURL.path
    }

    /// Creates a directory and those above it that are missing, which everybody may enter whatever the umask is.
    package static func makeDirectories(_ path: String) throws(EmbeddedPostgresError) {
        guard !exists(path) else { return }
        let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
        if parent != path { try makeDirectories(parent) }
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw failure("create the directory", path) }
        try setPermissions(0o755, of: path)
    }

    /// Creates a directory with exactly these permissions.
    static func makeDirectory(_ path: String, permissions: mode_t) throws(EmbeddedPostgresError) {
        guard mkdir(path, permissions) == 0 else { throw failure("create the directory", path) }
        try setPermissions(permissions, of: path)
    }

    /// Sets a path's permissions.
    static func setPermissions(_ permissions: mode_t, of path: String) throws(EmbeddedPostgresError) {
        guard chmod(path, permissions) == 0 else { throw failure("change the permissions of", path) }
    }

    /// Gives a path, but not what is in it, to a user.
    static func setOwner(_ owner: uid_t, _ group: gid_t, of path: String) throws(EmbeddedPostgresError) {
        guard lchown(path, owner, group) == 0 else { throw failure("change the owner of", path) }
    }

    /// Renames a file or directory, replacing a file.
    static func rename(_ path: String, to destination: String) throws(EmbeddedPostgresError) {
        guard Foundation.rename(path, destination) == 0 else { throw failure("move to \(destination)", path) }
    }

    /// Removes a file or a directory with all that is in it, if it is there.
    static func remove(_ path: String) {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The names in a directory, sorted; none if it cannot be read.
    static func names(in path: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    /// A file's text, or nothing if it cannot be read.
    static func text(of path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    /// What the files below a directory take together.
    static func size(of path: String) -> Int64 {
        let files = FileManager.default.enumerator(
            at: URL(fileURLWithPath: path), includingPropertiesForKeys: [.totalFileAllocatedSizeKey])
        var total: Int64 = 0
        while let file = files?.nextObject() as? URL {
            let size = (try? file.resourceValues(forKeys: [.totalFileAllocatedSizeKey]))?.totalFileAllocatedSize
            total += Int64(size ?? 0)
        }
        return total
    }

    /// How much room is left where a path is; nil when it cannot be told.
    static func freeBytes(at path: String) -> Int64? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        return Int64(status.f_bavail) * Int64(status.f_frsize)
    }

    /// The last bytes of a file as text; empty if it cannot be read.
    static func end(of path: String, bytes: UInt64) -> String {
        guard let file = FileHandle(forReadingAtPath: path), let size = try? file.seekToEnd() else { return "" }
        try? file.seek(toOffset: size > bytes ? size - bytes : 0)
        return String(decoding: (try? file.readToEnd()) ?? Data(), as: UTF8.self)
    }

    /// Puts a file in place so that after a crash either the old or the new one is there, whole.
    static func replace(_ path: String, with data: Data, permissions: mode_t) throws(EmbeddedPostgresError) {
        let temporary = "\(path).new-\(UUID().uuidString)"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, permissions)
        guard descriptor >= 0 else { throw failure("create the file", temporary) }
        let written = data.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        let isSafe = written == data.count && fchmod(descriptor, permissions) == 0 && fsync(descriptor) == 0
        let error = isSafe ? nil : failure("write the file", temporary)
        close(descriptor)
        if let error {
            remove(temporary)
            throw error
        }
        try rename(temporary, to: path)
    }

    /// Makes new names in a directory survive a power failure, as far as the directory may be opened.
    package static func synchronize(directory path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    /// The error of the system call that has just failed.
    static func failure(_ action: String, _ path: String) -> EmbeddedPostgresError {
        EmbeddedPostgresError(
            .fileSystem,
            "Cannot \(action) \(path): \(String(cString: strerror(errno))).",
            fix: "check the owner and permissions of the path, and the free space of its disk."
        )
    }
}
