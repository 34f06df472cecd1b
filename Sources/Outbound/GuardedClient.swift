package import AsyncHTTPClient
internal import Foundation
internal import NIOCore
package import NIOHTTP1
package import PluginKit

/// Speaks to servers whose addresses somebody else chose: only to where it may, without following redirects, within
/// bounds of time and size.
///
/// A name is resolved once; every address of it must be allowed, and the connection goes to one that was checked, with
/// `Host` and SNI as they were: a name that leads elsewhere a moment later (DNS rebinding) changes nothing.
package enum GuardedClient {
    /// Why there is no answer.
    package enum Failure: Error {
        /// An address of the host is not allowed.
        case forbidden
        /// No such name, no connection, no trust, or no answer in time.
        case unreachable
        /// The answer is larger than was asked for.
        case tooLarge
    }

    /// What a server answered.
    package struct Answer: Sendable {
        package let status: Int
        package let headers: HTTPHeaders
        package let body: [UInt8]
    }

    /// Sends a request and takes the whole answer.
    ///
    /// - Parameters:
    ///   - host: of the request's address, without brackets.
    ///   - tenant: who chose the address; nil for the kernel.
    ///   - limit: how long it may take in all, names and the answer's last byte included.
    ///   - maximumByteCount: of the answer's body.
    ///   - isAllowed: whether an address may be spoken to.
    package static func send(
        _ request: HTTPClientRequest, to host: String, for tenant: TenantID?, within limit: Duration,
        maximumByteCount: Int, where isAllowed: (NetworkAddress) -> Bool
    ) async throws(Failure) -> Answer {
        let deadline = ContinuousClock.now + limit
        let address = try await address(of: host, for: tenant, until: deadline, where: isAllowed)
        let client = HTTPClient(
            eventLoopGroupProvider: .singleton, configuration: configuration(host, address, until: deadline))
        do {
            // The client's own timeout ends with the head of the answer.
            let answer = try await TimeLimit.run(until: deadline) {
                try await exchange(request, client, until: deadline, maximumByteCount)
            }
            try? await client.shutdown()
            return answer
        } catch {
            try? await client.shutdown()
            throw error is NIOTooManyBytesError ? .tooLarge : .unreachable
        }
    }

    private static func exchange(
        _ request: HTTPClientRequest, _ client: HTTPClient, until deadline: ContinuousClock.Instant,
        _ maximumByteCount: Int
    ) async throws -> Answer {
        let response = try await client.execute(request, timeout: rest(until: deadline))
        let body = try await response.body.collect(upTo: maximumByteCount)
        return Answer(
            status: Int(response.status.code), headers: response.headers, body: Array(body.readableBytesView))
    }

    private static func rest(until deadline: ContinuousClock.Instant) -> TimeAmount {
        TimeAmount(max(.milliseconds(1), ContinuousClock.now.duration(to: deadline)))
    }

    private static func configuration(
        _ host: String, _ address: NetworkAddress, until deadline: ContinuousClock.Instant
    ) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = .seconds(3)
        configuration.timeout.read = rest(until: deadline)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.dnsOverride = [host: address.text]
        return configuration
    }

    private static func address(
        of host: String, for tenant: TenantID?, until deadline: ContinuousClock.Instant,
        where isAllowed: (NetworkAddress) -> Bool
    ) async throws(Failure) -> NetworkAddress {
        let addresses = await NameLookUp.addresses(of: host, for: tenant, until: deadline)
        guard let first = addresses.first else { throw .unreachable }
        guard addresses.allSatisfy(isAllowed) else { throw .forbidden }
        return first
    }
}
