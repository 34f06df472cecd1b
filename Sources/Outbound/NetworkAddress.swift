internal import Foundation

/// A host's address, and in which kind of network it lies.
package struct NetworkAddress: Hashable, Sendable {
    /// Where an address leads.
    package enum Reach: Sendable {
        /// This machine.
        case loopback
        /// A private network (RFC 1918, RFC 4193).
        case privateNetwork
        /// The Internet.
        case everywhere
        /// Nowhere a server could be: link-local with its metadata services, multicast, reserved, translated.
        case nowhere
    }

    /// 4 or 16 bytes, in network order.
    package let bytes: [UInt8]

    /// The address as text.
    package var text: String {
        var output = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        _ = inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &output, socklen_t(output.count))
        return String(decoding: output.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Where it leads, by IANA's registries of special-purpose addresses.
    package var reach: Reach { bytes.count == 4 ? NetworkAddress.reach(v4: bytes) : NetworkAddress.reach(v6: bytes) }

    private static func reach(v4 bytes: [UInt8]) -> Reach {
        switch (bytes[0], bytes[1], bytes[2]) {
        case (127, _, _): .loopback
        case (10, _, _), (172, 16...31, _), (192, 168, _): .privateNetwork
        case (0, _, _), (100, 64...127, _), (169, 254, _), (192, 0, 0), (192, 0, 2), (192, 88, 99), (198, 18...19, _),
            (198, 51, 100), (203, 0, 113), (224..., _, _):
            .nowhere
        default: .everywhere
        }
    }

    private static func reach(v6 bytes: [UInt8]) -> Reach {
        if bytes.dropLast().allSatisfy({ $0 == 0 }), bytes.last == 1 { return .loopback }
        if bytes[0] & 0xFE == 0xFC { return .privateNetwork }
        // Outside of 2000::/3 nothing is global; within it, IETF protocols (2001::/23 with Teredo),
        // documentation and 6to4 are not, or hide other addresses.
        guard bytes[0] & 0xE0 == 0x20 else { return .nowhere }
        let isHidden =
            bytes.starts(with: [0x20, 0x01]) && bytes[2] & 0xFE == 0 || bytes.starts(with: [0x20, 0x01, 0x0D, 0xB8])
            || bytes.starts(with: [0x20, 0x02]) || bytes.starts(with: [0x3F, 0xFF]) && bytes[2] & 0xF0 == 0
        return isHidden ? .nowhere : .everywhere
    }

    /// Every address of a host by the system's resolver, which may take seconds: not on a thread that serves requests.
    package static func resolve(_ host: String) -> [NetworkAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        return sequence(first: list) { $0?.pointee.ai_next }.prefix { $0 != nil }.compactMap { $0?.pointee }
            .compactMap(NetworkAddress.init)
    }

    private init?(_ info: addrinfo) {
        guard let address = info.ai_addr else { return nil }
        switch info.ai_family {
        case AF_INET:
            bytes = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { pointer in
                withUnsafeBytes(of: pointer.pointee.sin_addr) { Array($0) }
            }
        case AF_INET6:
            bytes = address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { pointer in
                withUnsafeBytes(of: pointer.pointee.sin6_addr) { Array($0) }
            }
        default: return nil
        }
    }

    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The IPv4 address that stands in an IPv6 one (RFC 4291 §2.5.5.2), else the address itself.
    package var unmapped: NetworkAddress {
        let isMapped =
            bytes.count == 16 && bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        return isMapped ? NetworkAddress(bytes: Array(bytes.suffix(4))) : self
    }

    /// An address as people write it; nil for anything else, names and octal or short forms too.
    package init?(_ text: String) {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 {
            self.bytes = Array(bytes.prefix(4))
        } else if inet_pton(AF_INET6, text, &bytes) == 1 {
            self.bytes = bytes
        } else {
            return nil
        }
    }
}
