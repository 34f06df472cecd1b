internal import AsyncHTTPClient
internal import Foundation
package import Logging
internal import NIOCore
internal import NIOHTTP1
internal import Observability
package import Outbound
@_spi(Kernel) package import PluginKit

/// A plugin's way out, with its grant and the installation's policy.
package struct ModuleHTTP: Sendable {
    /// What this installation allows beyond the Internet.
    package struct Policy: Sendable {
        /// Networks that are reachable although they are private or this machine: the operator's allow-list.
        package var allowedNetworks: [NetworkRange] = []

        package init() {}

        /// Whether an address may be spoken to.
        func allows(_ address: NetworkAddress) -> Bool {
            address.reach == .everywhere || allowedNetworks.contains { $0.contains(address) }
        }
    }

    private static let maximumByteCount = 5 << 20
    /// Fields that would let a plugin speak for another host or smuggle a second request.
    private static let reserved: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "keep-alive",
        "proxy-authorization", "proxy-connection", "expect",
    ]

    private let module: String
    private let grant: NetworkGrant
    private let policy: Policy
    private let logger: Logger

    package init(module: String, grant: NetworkGrant, policy: Policy, logger: Logger) {
        self.module = module
        self.grant = grant
        self.policy = policy
        self.logger = logger
    }

    /// What the plugin is given while it works for a tenant.
    package func outbound(for tenant: TenantID) -> OutboundHTTP {
        OutboundHTTP { request, limit throws(OutboundError) in
            try await send(request, for: tenant, within: limit)
        }
    }

    private func send(
        _ request: OutboundRequest, for tenant: TenantID, within limit: Duration
    ) async throws(OutboundError) -> OutboundResponse {
        guard let host = ModuleHTTP.host(of: request.url), let message = message(request) else {
            throw .addressInvalid
        }
        guard grant.allows(host) else {
            note("the plugin's manifest does not name the host", host)
            throw .notGranted
        }
        do throws(GuardedClient.Failure) {
            let answer = try await GuardedClient.send(
                message, to: host, for: tenant, within: min(limit, .seconds(60)),
                maximumByteCount: ModuleHTTP.maximumByteCount, where: policy.allows)
            return OutboundResponse(
                status: answer.status, headers: answer.headers.map { ($0.name, $0.value) }, body: answer.body)
        } catch {
            switch error {
            case .forbidden:
                note("the host is in a network that must not be reached", host)
                throw .forbidden
            case .unreachable: throw .unreachable
            case .tooLarge: throw .tooLarge
            }
        }
    }

    private func message(_ request: OutboundRequest) -> HTTPClientRequest? {
        let isToken = !request.method.isEmpty && request.method.utf8.allSatisfy { (65...90).contains($0) }
        guard isToken, request.method != "CONNECT" else { return nil }
        var message = HTTPClientRequest(url: request.url)
        message.method = HTTPMethod(rawValue: request.method)
        for (name, value) in request.headers where !ModuleHTTP.reserved.contains(name.lowercased()) {
            message.headers.add(name: name, value: value)
        }
        if !request.body.isEmpty { message.body = .bytes(ByteBuffer(bytes: request.body)) }
        return message
    }

    /// The host of an address that may be asked for; nil for every other.
    static func host(of url: String) -> String? {
        let isPlain = url.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }
        guard isPlain, url.utf8.count <= 4096, let parts = URLComponents(string: url), let host = parts.host,
            !host.isEmpty, parts.user == nil, parts.password == nil,
            parts.scheme == "https" || parts.scheme == "http"
        else { return nil }
        return host.withoutBrackets
    }

    /// Every refusal leaves a line, with the plugin, the host and the request.
    private func note(_ text: String, _ host: String) {
        logger.warning(
            "outbound request refused",
            metadata: ["plugin": "\(module)", "host": "\(host.prefix(253))", "reason": "\(text)"])
    }
}
