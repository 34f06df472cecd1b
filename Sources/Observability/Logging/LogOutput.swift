import Foundation
import Synchronization

/// Where log lines go: a file descriptor that belongs to someone else.
///
/// Lines of different threads never mix: each goes out under a lock, and in one system call unless the
/// descriptor takes only a part of it.
package final class LogOutput: Sendable {
    /// The process's standard error.
    package static let standardError = LogOutput(descriptor: STDERR_FILENO)

    /// The descriptor, guarded so that one line is written at a time.
    private let descriptor: Mutex<Int32>

    /// Creates an output on an open descriptor, which is not closed by it.
    package init(descriptor: Int32) {
        self.descriptor = Mutex(descriptor)
    }

    /// Writes a whole line; a descriptor that is gone loses it, since there is nowhere left to complain.
    package func write(_ line: [UInt8]) {
        descriptor.withLock { descriptor in
            line.withUnsafeBytes { bytes in
                var rest = bytes[...]
                while !rest.isEmpty {
                    let written = Self.write(UnsafeRawBufferPointer(rebasing: rest), to: descriptor)
                    guard written > 0 else { return }
                    rest = rest.dropFirst(written)
                }
            }
        }
    }

    /// Writes what the descriptor takes, waiting when it is full and non-blocking.
    ///
    /// - Returns: the number of bytes written, or -1 when none ever will be.
    private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int {
        while true {
            let written = Foundation.write(descriptor, bytes.baseAddress, bytes.count)
            if written >= 0 { return written }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                guard poll(&request, 1, 1000) > 0 else { return -1 }
            default: return -1
            }
        }
    }
}
