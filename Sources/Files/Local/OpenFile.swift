#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file that is held open. Every call blocks.
final class OpenFile: Sendable {
    private let descriptor: Int32

    /// Takes the descriptor over.
    init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Writes at the end of what was written.
    ///
    /// - Throws: `FileStoreError.system`.
    func append(_ bytes: [UInt8]) throws {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Posix.retrying { write(descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written) }
            }
            guard count > 0 else { throw FileStoreError.last("write") }
            written += count
        }
    }

    /// Up to `count` bytes from a position on; none at the end.
    func read(at position: Int, count: Int) throws -> [UInt8] {
        var status = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            status = Posix.retrying { pread(descriptor, buffer.baseAddress, count, off_t(position)) }
            initialized = max(0, status)
        }
        guard status >= 0 else { throw FileStoreError.last("read") }
        return bytes
    }

    /// Makes what was written durable.
    func sync() throws {
        guard Posix.retrying({ fsync(descriptor) }) == 0 else { throw FileStoreError.last("fsync") }
    }
}

/// Calls of the system that would otherwise be taken for methods of the same name.
enum Posix {
    static func open(_ path: String, _ flags: Int32) -> Int32 {
        #if canImport(Glibc)
            Glibc.open(path, flags)
        #elseif canImport(Musl)
            Musl.open(path, flags)
        #else
            Darwin.open(path, flags)
        #endif
    }

    static func openat(_ directory: Int32, _ name: String, _ flags: Int32, _ mode: mode_t) -> Int32 {
        #if canImport(Glibc)
            Glibc.openat(directory, name, flags, mode)
        #elseif canImport(Musl)
            Musl.openat(directory, name, flags, mode)
        #else
            Darwin.openat(directory, name, flags, mode)
        #endif
    }

    /// Repeats a call that a signal interrupted.
    static func retrying<Result: SignedInteger>(_ call: () -> Result) -> Result {
        while true {
            let result = call()
            if result >= 0 || errno != EINTR { return result }
        }
    }
}

extension FileStoreError {
    /// Why the last call of the system failed.
    static func last(_ operation: String) -> FileStoreError {
        errno == ENOENT ? .missing : .system(operation: operation, code: errno)
    }
}
