import Outbound
import Testing

@Suite("ClientNetwork")
struct ClientNetworkTests {
    @Test(
        "an IPv6 address counts with its /64, an IPv4 address alone, however either is written",
        arguments: [
            ("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("::FFFF:c000:207", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::1", "2001:db8:1:3::/64"), ("::1", "::/64"), ("fe80::1%eth0", "fe80::/64"),
            ("nonsense", "nonsense"), ("", ""),
        ])
    func networks(address: String, text: String) {
        #expect(ClientNetwork(address).text == text)
    }

    @Test("addresses of one /64 are one network, those of two are not")
    func equality() {
        #expect(ClientNetwork("2001:db8::1") == ClientNetwork("2001:db8::ffff:ffff:ffff:ffff"))
        #expect(ClientNetwork("2001:db8::1") != ClientNetwork("2001:db8:0:1::1"))
        #expect(ClientNetwork("192.0.2.1") != ClientNetwork("192.0.2.2"))
    }
}
