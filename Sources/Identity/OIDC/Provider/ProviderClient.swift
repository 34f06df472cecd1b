internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
@_spi(Kernel) internal import PluginKit

/// Speaks to providers, whose addresses tenants choose: only to where the installation allows, without following
/// redirects, within bounds of time and size.
///
/// The address that was checked is the address that is used: a name that leads elsewhere a moment later changes nothing.
struct ProviderClient: Sendable {
    private static let limit: TimeAmount = .seconds(5)
    private static let maximumByteCount = 256 << 10

    let settings: OIDCSettings

    /// A document at an address.
    func get(_ url: ProviderURL) async throws(ProviderFailure) -> JSONValue {
        let (status, document) = try await send(HTTPClientRequest(url: url.text), to: url)
        guard status == 200 else { throw .refused }
        return document
    }

    /// The status and the document that a form is answered with.
    func post(
        _ url: ProviderURL, form: [(name: String, value: String)], authorization: String?
    ) async throws(ProviderFailure) -> (status: UInt, document: JSONValue) {
        var request = HTTPClientRequest(url: url.text)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        if let authorization { request.headers.add(name: "Authorization", value: authorization) }
        request.body = .bytes(ByteBuffer(string: FormEncoding.encode(form)))
        return try await send(request, to: url)
    }

    private func send(
        _ request: HTTPClientRequest, to url: ProviderURL
    ) async throws(ProviderFailure) -> (status: UInt, document: JSONValue) {
        var request = request
        request.headers.add(name: "Accept", value: "application/json")
        let address = try await address(of: url)
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration(url.host, address))
        let answer: (UInt, [UInt8])
        do {
            let response = try await client.execute(request, timeout: ProviderClient.limit)
            let body = try await response.body.collect(upTo: ProviderClient.maximumByteCount)
            answer = (response.status.code, Array(body.readableBytesView))
        } catch {
            try? await client.shutdown()
            throw .unreachable
        }
        try? await client.shutdown()
        guard let document = try? JSONParser.parse(answer.1) else { throw .unreadable }
        return (answer.0, document)
    }

    private func configuration(_ host: String, _ address: NetworkAddress) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = .seconds(3)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.dnsOverride = [host: address.text]
        return configuration
    }

    /// An address of the host, all of whose addresses must be allowed.
    private func address(of url: ProviderURL) async throws(ProviderFailure) -> NetworkAddress {
        let addresses: [NetworkAddress]
        do {
            addresses = try await NIOThreadPool.singleton.runIfActive { NetworkAddress.resolve(url.host) }
        } catch {
            throw .unreachable
        }
        guard let first = addresses.first else { throw .unreachable }
        guard addresses.allSatisfy({ isAllowed($0, isSecure: url.isSecure) }) else { throw .forbidden }
        return first
    }

    private func isAllowed(_ address: NetworkAddress, isSecure: Bool) -> Bool {
        switch address.reach {
        case .everywhere: isSecure
        case .privateNetwork: isSecure && settings.allowsPrivateNetworks
        case .loopback: settings.allowsInsecure
        case .nowhere: false
        }
    }
}

/// Why a provider could not be asked. The raw value is for logs.
enum ProviderFailure: String, Error {
    /// No answer in time.
    case unreachable = "provider_unreachable"
    /// Its address is one that may not be asked.
    case forbidden = "provider_address"
    /// It answers with an error.
    case refused = "provider_refused"
    /// What it says is not what OpenID Connect wants of it.
    case unreadable = "provider_unreadable"
}
