internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import Outbound
@_spi(Kernel) internal import PluginKit

/// Speaks to providers, whose addresses tenants choose: only to where the installation allows, without following
/// redirects, within bounds of time and size.
///
/// The address that was checked is the address that is used: a name that leads elsewhere a moment later changes nothing.
struct ProviderClient: Sendable {
    private static let limit: Duration = .seconds(5)
    private static let maximumByteCount = 256 << 10

    let settings: OIDCSettings

    /// A document at an address that a tenant chose.
    func get(_ url: ProviderURL, for tenant: TenantID) async throws(ProviderFailure) -> JSONValue {
        let (status, document) = try await send(HTTPClientRequest(url: url.text), to: url, for: tenant)
        guard status == 200 else { throw .refused }
        return document
    }

    /// The status and the document that a form is answered with.
    func post(
        _ url: ProviderURL, form: [(name: String, value: String)], authorization: String?, for tenant: TenantID
    ) async throws(ProviderFailure) -> (status: UInt, document: JSONValue) {
        var request = HTTPClientRequest(url: url.text)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        if let authorization { request.headers.add(name: "Authorization", value: authorization) }
        request.body = .bytes(ByteBuffer(string: FormEncoding.encode(form)))
        return try await send(request, to: url, for: tenant)
    }

    private func send(
        _ request: HTTPClientRequest, to url: ProviderURL, for tenant: TenantID
    ) async throws(ProviderFailure) -> (status: UInt, document: JSONValue) {
        var request = request
        request.headers.add(name: "Accept", value: "application/json")
        let answer: GuardedClient.Answer
        do throws(GuardedClient.Failure) {
            answer = try await GuardedClient.send(
                request, to: url.host, for: tenant, within: ProviderClient.limit,
                maximumByteCount: ProviderClient.maximumByteCount
            ) { isAllowed($0, isSecure: url.isSecure) }
        } catch {
            throw error == .forbidden ? .forbidden : .unreachable
        }
        guard let document = try? JSONParser.parse(answer.body) else { throw .unreadable }
        return (UInt(answer.status), document)
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
