import Logging
import Outbound
@_spi(Kernel) import PluginKit
import TestKit
import Testing

@testable import PluginHost

@Suite("Outbound HTTP of modules")
struct ModuleHTTPTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func http(_ hosts: [String] = ["*"], allowing networks: [String] = []) -> OutboundHTTP {
        var policy = ModuleHTTP.Policy()
        policy.allowedNetworks = networks.compactMap { NetworkRange($0) }
        return ModuleHTTP(module: "sample", grant: NetworkGrant(hosts), policy: policy, logger: Self.logger)
            .outbound(for: .make())
    }

    private func failure(_ http: OutboundHTTP, _ url: String) async -> OutboundError? {
        do throws(OutboundError) {
            _ = try await http.send(OutboundRequest("GET", url), within: .seconds(5))
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "A65: No spelling of this machine or of a private network is reached",
        arguments: [
            "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f.0.0.1/", "http://0177.0.0.1/",
            "http://localhost/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://0.0.0.0/", "http://[::]/",
            "http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.0.1/", "http://100.64.0.1/",
            "http://169.254.169.254/latest/meta-data/", "http://[fe80::1]/", "http://[fd00::1]/",
            "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://224.0.0.1/", "http://255.255.255.255/",
        ])
    func forbidden(url: String) async {
        #expect(await failure(http(), url) == .forbidden)
    }

    @Test(
        "What is no address of the web is refused",
        arguments: [
            "", "example.com", "ftp://example.com/", "file:///etc/passwd", "gopher://127.0.0.1/", "http://",
            "http://user@example.com/", "http://example.com\\@127.0.0.1/", "http://exa mple.com/", "//example.com/",
            "http://example.com/\r\nHost: other",
        ])
    func invalid(url: String) async {
        #expect(await failure(http(), url) == .addressInvalid)
    }

    @Test("P7: A host that plugin.json does not name is refused, whatever it is")
    func grants() async {
        #expect(await failure(http([]), "https://example.com/") == .notGranted)
        #expect(await failure(http(["example.com"]), "https://example.com.evil.test/") == .notGranted)
        #expect(await failure(http(["*.example.com"]), "https://badexample.com/") == .notGranted)
        #expect(await failure(http(["*.example.com"]), "https://example.com/") == .notGranted)
    }

    @Test("Where the operator allows it, a server is asked with its own name, and its redirects are not followed")
    func allowed() async throws {
        let redirect = StubServer.Answer(302, headers: [("Location", "http://169.254.169.254/")])
        try await StubServer.with(answering: { _ in redirect }) { stub in
            let http = http(["localhost"], allowing: ["127.0.0.0/8", "::1"])
            let url = stub.url.replacing("127.0.0.1", with: "localhost")
            var request = OutboundRequest("POST", "\(url)/path?q=1", body: Array("hello".utf8))
            request.headers = [("X-Own", "1"), ("Host", "evil.test"), ("Content-Length", "999")]
            let answer = try await http.send(request)
            #expect(answer.status == 302)
            let asked = try #require(stub.asked.first)
            #expect(asked.path == "/path" && asked.query == "q=1" && asked.body == Array("hello".utf8))
            #expect(asked.headers["x-own"] == "1" && asked.headers["host"]?.hasPrefix("localhost") != false)
            #expect(stub.asked.count == 1)
        }
    }

    @Test("A network of the allow-list is that network and no other")
    func ranges() throws {
        let range = try #require(NetworkRange("10.1.0.0/16"))
        for (text, isInside) in [("10.1.255.1", true), ("10.2.0.1", false), ("::ffff:10.1.0.1", false)] {
            let address = try #require(NetworkAddress(text))
            #expect(range.contains(address) == isInside)
        }
        for text in ["", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "a/8", "10.0.0.0/8/8", "fd00::/129"] {
            #expect(NetworkRange(text) == nil)
        }
    }
}
