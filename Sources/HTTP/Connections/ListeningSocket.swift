internal import Foundation

/// A TCP socket of an address, on which connections can be waited for. Several processes may hold the same one: then a
/// connection waits for whichever takes it, also while none does.
package struct ListeningSocket: Sendable {
    /// Connections that may wait to be taken.
    private static let backlog: Int32 = 1024

    /// Belongs to whoever serves it, and to the process where nobody does.
    package let descriptor: Int32
    package let port: Int

    /// Takes an address; connections are refused until `listen`.
    ///
    /// - Throws: `ListeningError`.
    package init(_ address: ListenAddress) throws(ListeningError) {
        let place = "\(address.host):\(address.port)"
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(address.host, "\(address.port)", &hints, &found)
        defer { if let found { freeaddrinfo(found) } }
        guard status == 0, let first = found?.pointee else {
            throw ListeningError(place: place, reason: String(cString: gai_strerror(status)))
        }
        guard let descriptor = ListeningSocket.bound(first) else {
            throw ListeningError(place: place, reason: String(cString: strerror(errno)))
        }
        self.init(descriptor: descriptor)
    }

    /// A socket that this process has been given.
    package init(descriptor: Int32) {
        self.descriptor = descriptor
        port = ListeningSocket.port(of: descriptor)
    }

    /// Lets connections come; again does no harm.
    ///
    /// - Throws: `ListeningError` when another socket listens there.
    package func listen() throws(ListeningError) {
        guard Foundation.listen(descriptor, ListeningSocket.backlog) == 0 else {
            throw ListeningError(place: "port \(port)", reason: String(cString: strerror(errno)))
        }
    }

    /// Nil leaves `errno` as the failure.
    private static func bound(_ address: addrinfo) -> Int32? {
        let descriptor = socket(
            address.ai_family, address.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), address.ai_protocol)
        guard descriptor >= 0 else { return nil }
        var isOn: Int32 = 1
        // What a server before has left behind does not keep the next one out.
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &isOn, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, address.ai_addr, address.ai_addrlen) == 0 else {
            let error = errno
            close(descriptor)
            errno = error
            return nil
        }
        return descriptor
    }

    /// Where the socket is bound; 0 when that cannot be told.
    private static func port(of descriptor: Int32) -> Int {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutableBytes(of: &storage) { bytes in
            guard let base = bytes.baseAddress,
                getsockname(descriptor, base.assumingMemoryBound(to: sockaddr.self), &length) == 0
            else { return 0 }
            // IPv4's and IPv6's port stand at the same place.
            return Int(bytes.load(fromByteOffset: 2, as: UInt16.self).bigEndian)
        }
    }
}
