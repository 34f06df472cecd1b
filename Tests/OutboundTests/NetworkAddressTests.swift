import Outbound
import Testing

@Suite("NetworkAddress")
struct NetworkAddressTests {
    @Test(
        "only the Internet is everywhere",
        arguments: [
            ("127.0.0.1", .loopback), ("127.255.255.255", .loopback), ("::1", .loopback), ("10.0.0.1", .privateNetwork),
            ("172.16.0.1", .privateNetwork), ("172.31.255.255", .privateNetwork), ("192.168.1.1", .privateNetwork),
            ("fd00::1", .privateNetwork), ("fc00::1", .privateNetwork), ("0.0.0.0", .nowhere),
            ("169.254.169.254", .nowhere), ("100.64.0.1", .nowhere), ("100.127.255.255", .nowhere),
            ("192.0.0.192", .nowhere), ("198.18.0.1", .nowhere), ("224.0.0.1", .nowhere), ("255.255.255.255", .nowhere),
            ("::", .nowhere), ("fe80::1", .nowhere), ("ff02::1", .nowhere), ("::ffff:127.0.0.1", .nowhere),
            ("::ffff:10.0.0.1", .nowhere), ("64:ff9b::a00:1", .nowhere), ("2002:7f00:1::", .nowhere),
            ("2001::1", .nowhere), ("2001:db8::1", .nowhere), ("2001:20::1", .nowhere), ("3fff::1", .nowhere),
            ("2001:200::1", .everywhere), ("8.8.8.8", .everywhere), ("172.32.0.1", .everywhere),
            ("100.128.0.1", .everywhere), ("11.0.0.1", .everywhere), ("2606:4700::1111", .everywhere),
        ] as [(String, NetworkAddress.Reach)])
    func reach(text: String, reach: NetworkAddress.Reach) throws {
        let address = try #require(NetworkAddress.resolve(text).first)
        #expect(address.reach == reach)
        #expect(NetworkAddress.resolve(address.text).first == address)
    }

    @Test(
        "other spellings of an address are the same address",
        arguments: ["127.1", "0x7f.0.0.1", "2130706433", "0177.0.0.1"])
    func spellings(text: String) {
        #expect(NetworkAddress.resolve(text).allSatisfy { $0.reach == .loopback })
    }
}
