internal import PluginKit

/// A directory for uploads that are not complete. What a crash leaves there is swept once it is old.
package struct SpoolFolder: Sendable {
    private let directory: Directory
    private let reserve: DiskReserve

    init(_ directory: Directory, reserve: DiskReserve) {
        self.directory = directory
        self.reserve = reserve
    }

    /// Takes a body in: spools it while it is hashed and looked at.
    ///
    /// - Parameter read: calls its second argument with each piece, of at most as many bytes in all as its first says.
    /// - Throws: `FileStoreError`, `.full` also before anything is read, and what `read` throws; then nothing is left
    ///   behind.
    package func receive(
        atMost maximum: Int, _ read: (_ maximum: Int, _ consume: ([UInt8]) async throws -> Void) async throws -> Void
    ) async throws -> SpooledFile {
        let file = try await FileThreads.run { [self] in
            try requireRoom(for: 0)
            return try SpooledFile(in: directory)
        }
        do {
            var intake = Intake(file, in: self)
            try await read(maximum) { try await intake.take($0) }
            try await intake.finish()
            return file
        } catch {
            await file.discard()
            throw error
        }
    }

    /// Refuses bytes that would not leave the reserve; blocks. Where nobody can tell, they are let in.
    ///
    /// - Throws: `FileStoreError.full`.
    fileprivate func requireRoom(for byteCount: Int) throws(FileStoreError) {
        guard let room = directory.room() else { return }
        guard reserve.isLeft(after: byteCount, free: room.free, size: room.size) else { throw .full }
    }

    /// Removes the uploads that have lain here since before an instant; what else lies here is somebody's own.
    func sweep(before instant: Timestamp) async throws {
        try await FileThreads.run { [directory] in
            for name in try directory.names() where SpooledFile.isName(name) {
                guard let modified = directory.modified(name), modified < instant else { continue }
                try directory.remove(name)
            }
        }
    }
}

/// Pieces of a body, gathered so that a thread is asked for every few of them.
private struct Intake {
    private static let capacity = 256 << 10

    private let file: SpooledFile
    private let spool: SpoolFolder
    private var pending: [UInt8] = []

    init(_ file: SpooledFile, in spool: SpoolFolder) {
        self.file = file
        self.spool = spool
    }

    mutating func take(_ bytes: [UInt8]) async throws {
        if pending.isEmpty { pending = bytes } else { pending += bytes }
        if pending.count >= Intake.capacity { try await flush() }
    }

    mutating func finish() async throws {
        if !pending.isEmpty { try await flush() }
    }

    private mutating func flush() async throws {
        let bytes = pending
        pending = []
        try await FileThreads.run { [file, spool] in
            // Each time: others write to the same disk meanwhile.
            try spool.requireRoom(for: bytes.count)
            try file.append(bytes)
        }
    }
}
