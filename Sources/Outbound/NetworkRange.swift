/// A block of addresses as CIDR writes it (RFC 4632): `10.0.0.0/8`, `fd00::/8`, or one address.
package struct NetworkRange: Hashable, Sendable {
    private let address: NetworkAddress
    private let bits: Int

    /// Nil for what is no block.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count <= 2, let address = NetworkAddress(String(first)) else { return nil }
        let width = address.bytes.count * 8
        guard let bits = parts.count == 2 ? Int(parts[1]) : width, (0...width).contains(bits) else { return nil }
        self.address = address
        self.bits = bits
    }

    /// Whether an address lies in it.
    package func contains(_ other: NetworkAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        return (0..<bits).allSatisfy { bit in
            let mask = UInt8(0x80) >> UInt8(bit % 8)
            return address.bytes[bit / 8] & mask == other.bytes[bit / 8] & mask
        }
    }
}
