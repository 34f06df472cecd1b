internal import PluginKit

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A directory that is held open, in which everything is named by one plain segment: no path leads out of it, and no
/// symbolic link is followed. Every call blocks.
final class Directory: Sendable {
    private let descriptor: Int32

    /// Opens a directory by its path, which is the operator's, and makes it and those above it if they are missing.
    ///
    /// - Throws: `FileStoreError.system`.
    static func open(creating path: String) throws -> Directory {
        var partial = path.hasPrefix("/") ? "" : "."
        for segment in path.split(separator: "/") {
            partial += "/\(segment)"
            guard mkdir(partial, 0o700) == 0 || errno == EEXIST || errno == EROFS else {
                throw FileStoreError.last("mkdir")
            }
        }
        let descriptor = Posix.retrying { Posix.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw FileStoreError.last("open") }
        return Directory(descriptor)
    }

    private init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// A directory in this one, made if it is missing; then this one is synced, so that it stays.
    func subdirectory(creating name: String) throws -> Directory {
        try Directory.require(name)
        if mkdirat(descriptor, name, 0o700) == 0 {
            try sync()
        } else if errno != EEXIST {
            throw FileStoreError.last("mkdir")
        }
        return try subdirectory(name)
    }

    /// A directory in this one.
    ///
    /// - Throws: `FileStoreError.missing`, `.system`, also for a symbolic link.
    func subdirectory(_ name: String) throws -> Directory {
        try Directory.require(name)
        let opened = Posix.retrying {
            Posix.openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0)
        }
        guard opened >= 0 else { throw FileStoreError.last("open") }
        return Directory(opened)
    }

    /// A new file, for reading and writing.
    func create(_ name: String) throws -> OpenFile {
        try Directory.require(name)
        let opened = Posix.retrying {
            Posix.openat(descriptor, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        }
        guard opened >= 0 else { throw FileStoreError.last("create") }
        return OpenFile(opened)
    }

    /// A file, for reading.
    ///
    /// - Throws: `FileStoreError.missing`, `.system`, also for a symbolic link.
    func open(_ name: String) throws -> OpenFile {
        try Directory.require(name)
        let opened = Posix.retrying { Posix.openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0) }
        guard opened >= 0 else { throw FileStoreError.last("open") }
        return OpenFile(opened)
    }

    /// Gives a file another name, in another directory of the same file system, and syncs that directory.
    func move(_ name: String, to directory: Directory, as newName: String) throws {
        try Directory.require(name)
        try Directory.require(newName)
        guard renameat(descriptor, name, directory.descriptor, newName) == 0 else {
            throw FileStoreError.last("rename")
        }
        try directory.sync()
    }

    /// Removes a file; false when there is none.
    @discardableResult
    func remove(_ name: String) throws -> Bool {
        try Directory.require(name)
        if unlinkat(descriptor, name, 0) == 0 { return true }
        guard errno == ENOENT else { throw FileStoreError.last("unlink") }
        return false
    }

    /// Removes an empty directory; one that is not empty stays.
    func removeDirectory(_ name: String) {
        guard (try? Directory.require(name)) != nil else { return }
        unlinkat(descriptor, name, AT_REMOVEDIR)
    }

    /// When a file was last written; nil when there is none, or no plain file.
    func modified(_ name: String) -> Timestamp? {
        var status = stat()
        guard (try? Directory.require(name)) != nil,
            fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0, status.st_mode & S_IFMT == S_IFREG
        else { return nil }
        return Timestamp(
            microseconds: Int64(status.st_mtim.tv_sec) * 1_000_000 + Int64(status.st_mtim.tv_nsec) / 1000)
    }

    /// How many bytes a file has; nil for what is no plain file.
    ///
    /// - Throws: `FileStoreError.missing`, `.system`.
    func size(_ name: String) throws -> Int? {
        try Directory.require(name)
        var status = stat()
        guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { throw FileStoreError.last("stat") }
        return status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
    }

    /// The names of what is there and could be ours.
    func names() throws -> [String] {
        let copy = Posix.openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
        guard copy >= 0 else { throw FileStoreError.last("open") }
        guard let stream = fdopendir(copy) else {
            close(copy)
            throw FileStoreError.last("opendir")
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if (try? Directory.require(name)) != nil { names.append(name) }
        }
        return names.sorted()
    }

    /// How many bytes are free on its disk, and how many there are; nil where that cannot be told.
    func room() -> (free: Int, size: Int)? {
        var status = statvfs()
        guard Posix.retrying({ fstatvfs(descriptor, &status) }) == 0, status.f_blocks > 0 else { return nil }
        let unit = Double(status.f_frsize)
        // No number of blocks, however wild, traps.
        return (
            free: Int(min(Double(status.f_bavail) * unit, 1e18)), size: Int(min(Double(status.f_blocks) * unit, 1e18))
        )
    }

    /// Makes the names in it durable.
    private func sync() throws {
        guard Posix.retrying({ fsync(descriptor) }) == 0 else { throw FileStoreError.last("fsync") }
    }

    /// Only what this target makes: digits, lower-case letters and hyphens.
    private static func require(_ name: String) throws {
        let isPlain = name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "-")
        }
        guard isPlain, (1...128).contains(name.utf8.count) else {
            throw FileStoreError.system(operation: "name", code: EINVAL)
        }
    }
}
