import HTTPTypes
import Outbound
import Testing

@testable import HTTP

@Suite("TrustedProxies")
struct TrustedProxiesTests {
    /// A header as it comes from a connection, and whose request it is.
    struct Case: Sendable, CustomTestStringConvertible {
        let fields: [String]
        let client: String
        var connection = "10.0.0.1"

        var testDescription: String { "\(connection), \(fields)" }
    }

    private static func proxies(_ header: TrustedProxies.Header = .forwardedFor) -> TrustedProxies {
        TrustedProxies(["10.0.0.0/8", "fd00::/8"].compactMap { NetworkRange($0) }, header: header)
    }

    private func client(_ proxies: TrustedProxies, _ name: String, _ given: Case) throws -> String? {
        var headers = HTTPFields()
        let name = try #require(HTTPField.Name(name))
        for field in given.fields { headers.append(HTTPField(name: name, value: field)) }
        return proxies.client(of: given.connection, headers)
    }

    @Test(
        "The client is the right-most hop that is no trusted proxy",
        arguments: [
            Case(fields: ["192.0.2.7"], client: "192.0.2.7"),
            Case(fields: ["6.6.6.6, 192.0.2.7"], client: "192.0.2.7"),
            Case(fields: ["6.6.6.6", "192.0.2.7"], client: "192.0.2.7"),
            Case(fields: ["6.6.6.6, 192.0.2.7, 10.0.0.2 ,\t10.0.0.3"], client: "192.0.2.7"),
            Case(fields: ["192.0.2.7", "10.0.0.2"], client: "192.0.2.7"),
            Case(fields: ["10.0.0.2"], client: "10.0.0.2"),
            Case(fields: ["192.0.2.7:443"], client: "192.0.2.7"),
            Case(fields: ["[2001:DB8::7]:443"], client: "2001:db8::7"),
            Case(fields: ["2001:db8:0:0::7"], client: "2001:db8::7"),
            Case(fields: ["::ffff:192.0.2.7"], client: "192.0.2.7"),
            Case(fields: ["6.6.6.6, ::ffff:10.0.0.2"], client: "6.6.6.6"),
            Case(fields: ["192.0.2.7"], client: "192.0.2.7", connection: "::ffff:10.0.0.1"),
            Case(fields: ["192.0.2.7"], client: "192.0.2.7", connection: "fd00::1"),
        ])
    func forwardedFor(given: Case) throws {
        #expect(try client(Self.proxies(), "X-Forwarded-For", given) == given.client)
    }

    @Test(
        "What cannot be read is not believed, and hides nobody who stands right of it",
        arguments: [
            Case(fields: [], client: "10.0.0.1"), Case(fields: [""], client: "10.0.0.1"),
            Case(fields: ["unknown"], client: "10.0.0.1"), Case(fields: ["192.0.2.7,"], client: "10.0.0.1"),
            Case(fields: ["192.0.2.7, x, 10.0.0.2"], client: "10.0.0.2"),
            Case(fields: ["garbage, 192.0.2.7"], client: "192.0.2.7"),
            Case(fields: [String(repeating: "a", count: 60_000) + ", 192.0.2.7"], client: "192.0.2.7"),
            Case(fields: [String(repeating: "0", count: 300)], client: "10.0.0.1"),
            Case(fields: ["192.0.2.7:99999"], client: "10.0.0.1"), Case(fields: ["192.0.2.7:"], client: "10.0.0.1"),
            Case(fields: ["[192.0.2.7"], client: "10.0.0.1"), Case(fields: ["[2001:db8::7]x"], client: "10.0.0.1"),
            Case(fields: ["192.0.2.07"], client: "10.0.0.1"), Case(fields: ["0x7f.1"], client: "10.0.0.1"),
            Case(fields: ["fe80::1%eth0"], client: "10.0.0.1"), Case(fields: ["192.0.2.7 6.6.6.6"], client: "10.0.0.1"),
            Case(
                fields: ["192.0.2.7" + String(repeating: ", 10.0.0.2", count: 40)], client: "10.0.0.2"),
        ])
    func malformed(given: Case) throws {
        #expect(try client(Self.proxies(), "X-Forwarded-For", given) == given.client)
    }

    @Test("Whoever is not named as a proxy is believed nothing, and nobody is named by default")
    func strangers() throws {
        let spoofed = Case(fields: ["192.0.2.7"], client: "192.0.2.9", connection: "192.0.2.9")
        #expect(try client(Self.proxies(), "X-Forwarded-For", spoofed) == "192.0.2.9")
        for connection in ["127.0.0.1", "10.0.0.1", "::1"] {
            let given = Case(fields: ["192.0.2.7"], client: connection, connection: connection)
            #expect(try client(.none, "X-Forwarded-For", given) == connection)
        }
    }

    @Test("Only the header that was chosen is read: the other one comes from the client as it was")
    func oneHeader() throws {
        let given = Case(fields: ["for=192.0.2.7"], client: "")
        #expect(try client(Self.proxies(), "Forwarded", given) == "10.0.0.1")
        let other = Case(fields: ["192.0.2.7"], client: "")
        #expect(try client(Self.proxies(.forwarded), "X-Forwarded-For", other) == "10.0.0.1")
    }

    @Test(
        "Forwarded names the client in its last element",
        arguments: [
            Case(fields: ["for=192.0.2.7"], client: "192.0.2.7"),
            Case(fields: ["for=6.6.6.6;proto=http, For=\"192.0.2.7:80\" ; by=10.0.0.1"], client: "192.0.2.7"),
            Case(fields: ["for=192.0.2.7", "proto=https;for=10.0.0.2"], client: "192.0.2.7"),
            Case(fields: ["for=\"[2001:db8::7]:4711\""], client: "2001:db8::7"),
            Case(fields: ["for=_hidden"], client: "10.0.0.1"), Case(fields: ["for=unknown"], client: "10.0.0.1"),
            Case(fields: ["by=192.0.2.7"], client: "10.0.0.1"),
            Case(fields: ["for=192.0.2.7;for=6.6.6.6"], client: "10.0.0.1"),
            Case(fields: ["for=6.6.6.6, for=\"192.0.2.7"], client: "10.0.0.1"),
        ])
    func forwarded(given: Case) throws {
        #expect(try client(Self.proxies(.forwarded), "Forwarded", given) == given.client)
    }
}
