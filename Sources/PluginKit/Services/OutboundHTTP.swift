/// The way out to other servers: only to hosts that `plugin.json` names under `network`, and never into the networks
/// of whoever runs the platform.
public struct OutboundHTTP: Sendable {
    private let perform: @Sendable (OutboundRequest, Duration) async throws(OutboundError) -> OutboundResponse

    /// For the kernel, which has bound it to the module's grant.
    @_spi(Kernel)
    public init(
        _ perform: @escaping @Sendable (OutboundRequest, Duration) async throws(OutboundError) -> OutboundResponse
    ) {
        self.perform = perform
    }

    /// Sends a request and waits for the whole answer; redirects are answers and not followed.
    ///
    /// - Parameter limit: how long it may take in all.
    /// - Throws: `OutboundError`; an answer of any status is none.
    public func send(
        _ request: OutboundRequest, within limit: Duration = .seconds(10)
    ) async throws(OutboundError) -> OutboundResponse {
        try await perform(request, limit)
    }
}

/// A request to another server.
public struct OutboundRequest: Sendable {
    /// The method in capitals.
    public var method: String
    /// An absolute address with `https` or `http`.
    public var url: String
    /// Fields besides those the client sets: `Host`, `Content-Length`, `Connection`.
    public var headers: [(name: String, value: String)]
    /// The body; empty for none.
    public var body: [UInt8]

    /// A request.
    public init(_ method: String, _ url: String, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}

/// What another server answered.
public struct OutboundResponse: Sendable {
    /// The status, redirects included.
    public let status: Int
    /// The fields as they came; names may be repeated.
    public let headers: [(name: String, value: String)]
    /// At most 5 MiB.
    public let body: [UInt8]

    /// For the kernel, which has read it.
    @_spi(Kernel)
    public init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// Why another server was not asked, or gave no answer.
public enum OutboundError: String, Error, Sendable {
    /// The address is none, or has a user in it.
    case addressInvalid = "address_invalid"
    /// `plugin.json` does not name the host under `network`.
    case notGranted = "not_granted"
    /// The host is in a network that must not be reached from here.
    case forbidden
    /// No connection, no certificate that holds, or no answer in time.
    case unreachable
    /// The answer is larger than 5 MiB.
    case tooLarge = "too_large"
}
