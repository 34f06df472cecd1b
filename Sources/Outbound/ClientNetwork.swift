/// Whose requests count together: one IPv4 address, or the /64 of an IPv6 address, because whoever has one address of it
/// has all of them (RFC 6177).
package struct ClientNetwork: Hashable, Sendable {
    /// The address or the block, in its one spelling; what is no address stays as it is.
    package let text: String

    /// - Parameter address: as the connection or a proxy tells it.
    package init(_ address: String) {
        let host = address.prefix { $0 != "%" }
        guard let known = NetworkAddress(String(host))?.unmapped else {
            text = address
            return
        }
        guard known.bytes.count == 16 else {
            text = known.text
            return
        }
        let block = NetworkAddress(bytes: Array(known.bytes.prefix(8)) + [UInt8](repeating: 0, count: 8))
        text = "\(block.text)/64"
    }
}
