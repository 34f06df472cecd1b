internal import Cryptography
internal import Foundation
internal import PluginKit
internal import Synchronization

/// A content that is complete on this machine and in no store yet. It is removed when nobody holds it any more.
package final class SpooledFile: Sendable {
    private struct State {
        var size = 0
        /// The first bytes, by which the type is told.
        var head: [UInt8] = []
        /// Whether the file still has its name in the spool.
        var isHere = true
    }

    let file: OpenFile
    private let directory: Directory
    private let name: String
    private let hash = RunningSHA256()
    private let state = Mutex(State())

    /// Makes an empty one; blocks.
    init(in directory: Directory) throws {
        self.directory = directory
        name = ID<Void>.make().description
        file = try directory.create(name)
    }

    /// Whether a file of that name is one of these.
    static func isName(_ name: String) -> Bool { ID<Void>(name) != nil }

    deinit {
        if state.withLock({ $0.isHere }) { _ = try? directory.remove(name) }
    }

    /// Bytes.
    package var size: Int { state.withLock { $0.size } }
    /// SHA-256.
    package var digest: [UInt8] { hash.digest() }
    /// What the bytes are.
    package var contentType: String { ContentType.sniff(state.withLock { $0.head }) }

    /// Adds bytes; blocks.
    func append(_ bytes: [UInt8]) throws {
        try file.append(bytes)
        hash.update(bytes)
        state.withLock { state in
            state.size += bytes.count
            let missing = ContentType.headLength - state.head.count
            if missing > 0 { state.head += bytes.prefix(missing) }
        }
    }

    /// Makes it durable under another name; blocks.
    func move(to directory: Directory, as name: String) throws {
        try file.sync()
        try self.directory.move(self.name, to: directory, as: name)
        state.withLock { $0.isHere = false }
    }

    /// Removes it now.
    func discard() async {
        // A thread that is not to be had leaves it to the end of this object.
        _ = try? await FileThreads.run { [self] in
            guard state.withLock({ $0.isHere }) else { return }
            try directory.remove(name)
            state.withLock { $0.isHere = false }
        }
    }
}
