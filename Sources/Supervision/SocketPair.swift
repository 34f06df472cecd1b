package import Foundation

/// A connection whose one end is for a child. Unlike `Pipe`'s, its ends are never inherited by accident, which would
/// keep the connection open when a process at its end is gone.
package struct SocketPair {
    /// The end that stays in this process.
    package let ours: FileHandle
    /// The end that the child is given, and that is closed here when nobody holds it any more.
    package let theirs: FileHandle

    /// - Throws: `POSIXError` when this process has too much open.
    package init() throws(POSIXError) {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EMFILE)
        }
        ours = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
        theirs = FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
    }
}
