internal import HTTPTypes
package import Outbound

/// Who sent a request that came through proxies: what the proxies say that are trusted, and nobody else.
///
/// Each proxy adds whom it had the request from at the end of one header. Read from the right, the first address that is
/// no trusted proxy's is the client's; whatever stands left of it the client may have made up.
package struct TrustedProxies: Sendable {
    /// The header in which the proxies say it. They leave the other one as the client sent it, so only one is ever read.
    package enum Header: String, Sendable, CaseIterable {
        /// `X-Forwarded-For: 192.0.2.7, 10.0.0.2`.
        case forwardedFor = "x-forwarded-for"
        /// `Forwarded: for=192.0.2.7;proto=https` (RFC 7239).
        case forwarded = "forwarded"
    }

    /// A server that trusts no proxy: the client is whoever the connection is from.
    package static let none = TrustedProxies([])
    /// The most proxies that a request comes through; what more stands there is made up.
    private static let maximumHops = 16
    /// The most bytes that one hop takes.
    private static let maximumHopLength = 256

    private let ranges: [NetworkRange]
    private let header: HTTPField.Name?

    /// - Parameter ranges: where the proxies are.
    package init(_ ranges: [NetworkRange], header: Header = .forwardedFor) {
        self.ranges = ranges
        self.header = HTTPField.Name(header.rawValue)
    }

    /// The address of a request's client.
    ///
    /// - Parameter connection: the address that the connection is from; nil when it has none.
    /// - Returns: an address in its one spelling; what the last trusted proxy is, when it says nothing that can be read.
    func client(of connection: String?, _ headers: HTTPFields) -> String? {
        guard !ranges.isEmpty, let connection, let peer = NetworkAddress(connection)?.unmapped, isTrusted(peer),
            let header
        else { return connection }
        var nearest = peer
        for hop in hops(headers[values: header]).prefix(TrustedProxies.maximumHops) {
            guard let address = address(of: hop) else { break }
            nearest = address
            if !isTrusted(address) { break }
        }
        return nearest.text
    }

    private func isTrusted(_ address: NetworkAddress) -> Bool { ranges.contains { $0.contains(address) } }

    /// What the fields list, the last first.
    private func hops(_ fields: [String]) -> some Sequence<Substring> {
        fields.reversed().lazy.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false).reversed() }
    }

    private func address(of hop: Substring) -> NetworkAddress? {
        guard hop.utf8.count <= TrustedProxies.maximumHopLength else { return nil }
        let text = hop.trimmed
        guard header?.canonicalName == Header.forwarded.rawValue else { return NetworkAddress(node: text) }
        let pairs = text.split(separator: ";", omittingEmptySubsequences: false).map(\.trimmed)
        let given = pairs.filter { $0.prefix(4).lowercased() == "for=" }.map { $0.dropFirst(4) }
        guard given.count == 1, let node = given.first else { return nil }
        let isQuoted = node.count >= 2 && node.hasPrefix("\"") && node.hasSuffix("\"")
        return NetworkAddress(node: isQuoted ? node.dropFirst().dropLast() : node)
    }
}

extension Substring {
    /// Without the spaces and tabs around it (RFC 9110 §5.6.3).
    fileprivate var trimmed: Substring {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        guard let last = lastIndex(where: { !isBlank($0) }) else { return "" }
        return self[...last].drop(while: isBlank)
    }
}

extension NetworkAddress {
    /// An address as proxies write it: with or without a port, in brackets where it has colons.
    fileprivate init?(node: Substring) {
        var text = node
        var port: Substring?
        if node.hasPrefix("[") {
            guard let end = node.firstIndex(of: "]") else { return nil }
            text = node[node.index(after: node.startIndex)..<end]
            let rest = node[node.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
            if !rest.isEmpty { port = rest.dropFirst() }
        } else if let colon = node.firstIndex(of: ":"), node[node.index(after: colon)...].firstIndex(of: ":") == nil {
            text = node[..<colon]
            port = node[node.index(after: colon)...]
        }
        if let port, UInt16(port) == nil { return nil }
        let isAddress = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: ":"), UInt8(ascii: "."), UInt8(ascii: "a")...UInt8(ascii: "f"),
                UInt8(ascii: "A")...UInt8(ascii: "F"):
                true
            default: false
            }
        }
        guard isAddress, let address = NetworkAddress(String(text)) else { return nil }
        self = address.unmapped
    }
}
