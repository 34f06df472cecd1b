import Foundation

/// The TCP port a server listens on, on 127.0.0.1 only.
enum LoopbackPort {
    /// Whether a server could listen on this port now.
    static func isFree(_ port: Int) -> Bool {
        bind(to: port) != nil
    }

    /// A port nobody listens on now, or nothing if the system has none left.
    static func anyFree() -> Int? {
        bind(to: 0)
    }

    /// Takes a port for a moment, 0 meaning any.
    ///
    /// - Returns: the port, or nothing if it was taken.
    private static func bind(to port: Int) -> Int? {
        guard let number = in_port_t(exactly: port) else { return nil }
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        // As PostgreSQL does: connections of a former server that linger must not make its port look taken.
        var reuse: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = number.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                guard Foundation.bind(descriptor, generic, length) == 0 else { return false }
                return getsockname(descriptor, generic, &length) == 0
            }
        } ? Int(address.sin_port.bigEndian) : nil
    }
}
