internal import Foundation

/// One end of a connection between this process and one that derives keys. Its calls occupy the thread.
struct KeySocket {
    let descriptor: Int32

    /// Sends all of it; false when the other end is gone.
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Waits for so many bytes; nil when the other end is gone or says nothing for `patience`.
    func receive(_ count: Int, patience: Duration) -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < count {
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&waiting, 1, Int32(patience.components.seconds * 1000))
            if ready < 0 && errno == EINTR { continue }
            guard ready > 0 else { return nil }
            let missing = count - bytes.count
            let part = [UInt8](unsafeUninitializedCapacity: missing) { buffer, length in
                length = max(0, read(descriptor, buffer.baseAddress, missing))
            }
            guard !part.isEmpty else { return nil }
            bytes += part
        }
        return bytes
    }
}
