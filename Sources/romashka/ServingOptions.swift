import ArgumentParser
import Files
import Foundation
import HTTP
import Identity
import Logging
import Observability
import Outbound
import Platform
import PluginHost
import Supervision

/// Options of the commands that serve.
struct ServingOptions: ParsableArguments {
    @Option(help: "The port; 0 picks a free one.")
    var port = 8080

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Option(name: .customLong("access-log"), help: "A line on standard error for each request: on or off.")
    var accessLog = Switch.on

    @Option(
        name: .customLong("metrics-listen"),
        help: "HOST:PORT that serves /metrics and nothing else, without a token; keep it from the public.")
    var metricsListen: String?

    @Flag(
        name: .customLong("metrics-loopback"),
        help: "Let clients of this machine read /metrics without an operator's token; not behind a local proxy.")
    var metricsLoopback = false

    @Option(
        name: .customLong("public-url"),
        help: "How browsers reach this server, such as https://desk.example; sign-in providers send them back there.")
    var publicURL: String?

    @Flag(name: .customLong("allow-insecure-oidc"), help: "Let sign-in providers be on this machine, without TLS.")
    var allowsInsecureOIDC = false

    @Flag(
        name: .customLong("allow-private-oidc"),
        help: "Let sign-in providers be in private networks; tenants choose their addresses.")
    var allowsPrivateOIDC = false

    @Option(
        name: .customLong("plugin-deadline"),
        help: "Seconds that a plugin may take for a request; then its caller is answered 504.")
    var pluginDeadline = 10.0

    @Option(
        name: .customLong("recycle-after"),
        help: "Seconds past its deadline after which code that does not end makes the process drain and end with 75.")
    var recycleAfter = 60.0

    @Option(
        name: .customLong("memory-limit"),
        help: "Megabytes of memory beyond which the process drains and ends with code 75, to be started anew.")
    var memoryLimit: Int?

    @OptionGroup var network: NetworkOptions
    @OptionGroup var proxy: ProxyOptions
    @OptionGroup var mail: MailOptions
    @OptionGroup var files: FileOptions

    enum Switch: String, ExpressibleByArgument {
        case on, off
    }

    func validate() throws {
        if let publicURL, URL(string: publicURL)?.host == nil || !publicURL.hasPrefix("http") {
            throw ValidationError("--public-url takes a URL such as https://desk.example")
        }
        guard pluginDeadline > 0, recycleAfter > 0 else {
            throw ValidationError("--plugin-deadline and --recycle-after take seconds above 0")
        }
        if let memoryLimit, memoryLimit < 64 { throw ValidationError("--memory-limit takes 64 megabytes or more") }
        if metricsListen != nil, metricsAddress == nil { throw ValidationError("--metrics-listen takes HOST:PORT") }
    }

    /// Where the API is served.
    var listen: ListenAddress { ListenAddress(host: host, port: port) }

    /// Where the metrics are served by themselves.
    var metricsAddress: ListenAddress? {
        guard let text = metricsListen, let colon = text.lastIndex(of: ":"), colon > text.startIndex,
            let port = UInt16(text[text.index(after: colon)...])
        else { return nil }
        return ListenAddress(host: String(text[..<colon]).withoutBrackets, port: Int(port))
    }

    /// The address listened on, where it is known beforehand and names one place.
    private var defaultURL: String? {
        port == 0 || ["0.0.0.0", "::"].contains(host) ? nil : url(port: port)
    }

    /// The URL of a port of the address listened on; an address of IPv6 stands in brackets (RFC 3986 section 3.2.2).
    func url(port: Int) -> String { "http://\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    /// The settings of a process that serves.
    ///
    /// - Parameter keepsFiles: whether files are kept in the data directory unless another place is given.
    func settings(
        _ access: DatabaseAccess, _ common: CommonOptions, keepsFiles: Bool
    ) throws -> PlatformSettings {
        var settings = access.settings
        settings.accessLog = accessLog == .on && common.logger.logLevel <= .info ? .standardError : nil
        settings.tracing = try TracingSettings.read(common.environment)
        settings.letsLoopbackReadMetrics = metricsLoopback
        settings.crashLog = CrashLog(in: common.dataDirectory)
        settings.outbound.allowedNetworks = network.ranges
        settings.trustedProxies = proxy.proxies
        settings.mail = try mail.settings(common.environment)
        settings.pluginLimits.deadline = .seconds(pluginDeadline)
        settings.watchLimits.overdue = .seconds(recycleAfter)
        settings.watchLimits.memory = memoryLimit.map { $0 << 20 }
        settings.watchLimits.farewell = .seconds(5)
        let publicURL = publicURL?.withoutLastSlash
        settings.oidc.publicURL = publicURL ?? defaultURL
        settings.files = try files.settings(
            usual: "\(common.dataDirectory)/files", isUsed: keepsFiles, environment: common.environment)
        settings.files.publicURL = publicURL
        settings.oidc.allowsInsecure = allowsInsecureOIDC
        settings.oidc.allowsPrivateNetworks = allowsPrivateOIDC
        return settings
    }

    /// Opens the addresses to listen on.
    ///
    /// - Throws: `ListeningError`.
    func sockets() throws -> PlatformServer.Sockets {
        PlatformServer.Sockets(
            api: try ListeningSocket(listen), metrics: try metricsAddress.map { try ListeningSocket($0) })
    }

    /// The sockets that the parent has opened and handed on, in the order of `PlatformServer.Sockets.descriptors`.
    var inheritedSockets: PlatformServer.Sockets {
        let first = Spawn.firstInherited
        return PlatformServer.Sockets(
            api: ListeningSocket(descriptor: first),
            metrics: metricsAddress.map { _ in ListeningSocket(descriptor: first + 1) })
    }

    /// Serves a platform until a signal.
    ///
    /// - Parameters:
    ///   - sockets: of the addresses to listen on.
    ///   - turn: until when it stands by; nil when nobody supervises it.
    /// - Throws: `ExitCode` 75 when the process should be started anew; `ListeningError`.
    func run(
        _ platform: Platform, _ access: DatabaseAccess, _ common: CommonOptions, on sockets: PlatformServer.Sockets,
        from turn: Turn?, onReady: @escaping @Sendable (Int) async -> Void
    ) async throws {
        do {
            try await PlatformServer.run(
                platform, on: sockets, from: turn, before: access.embedded.map { [EmbeddedDatabase($0)] } ?? [],
                logger: common.logger, onReady: onReady)
        } catch let error as RecycleNeeded {
            Output.progress("\(error)")
            throw ExitCode(RecycleNeeded.exitCode)
        }
    }
}
