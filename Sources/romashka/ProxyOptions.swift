import ArgumentParser
import HTTP
import Outbound

/// The proxies in front of a server.
struct ProxyOptions: ParsableArguments {
    @Option(
        name: .customLong("trusted-proxy"),
        help:
            "A proxy, or a network of them such as 10.0.0.0/24, that is believed when it says whose request it passes on; may be repeated."
    )
    var trusted: [String] = []

    @Option(
        name: .customLong("proxy-header"),
        help:
            "The header in which the trusted proxies say it: x-forwarded-for or forwarded. They must set it themselves."
    )
    var header = TrustedProxies.Header.forwardedFor

    func validate() throws {
        if let other = trusted.first(where: { NetworkRange($0) == nil }) {
            throw ValidationError("--trusted-proxy \(other) is no address and no network such as 10.0.0.0/24")
        }
    }

    /// The proxies.
    var proxies: TrustedProxies { TrustedProxies(trusted.compactMap { NetworkRange($0) }, header: header) }
}

extension TrustedProxies.Header: ExpressibleByArgument {}
