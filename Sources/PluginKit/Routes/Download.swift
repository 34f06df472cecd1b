/// Bytes that a route answers with instead of JSON: of a known size, sent piece by piece, whole or in part.
///
/// They are always something to save and never a page: whatever they are, no browser runs them as this site.
public struct Download: Sendable {
    /// Calls `send` with the bytes of a range in order; what it throws ends the connection.
    public typealias Source =
        @Sendable (_ range: Range<Int>, _ send: ([UInt8]) async throws -> Void) async throws -> Void

    /// What it is saved as; any text.
    public let name: String
    /// The media type.
    public let contentType: String
    /// All bytes.
    public let size: Int
    /// Differs whenever the bytes do: a strong entity tag (RFC 9110 §8.8.3) without its quotes.
    public let tag: String
    /// Whose limits it counts against where the route knows no caller.
    @_spi(Kernel) public let tenant: TenantID?
    private let source: Source

    /// - Parameter source: may be called for any ranges within the size, one after the other.
    public init(name: String, contentType: String, size: Int, tag: String, source: @escaping Source) {
        self.init(name: name, contentType: contentType, size: size, tag: tag, tenant: nil, source: source)
    }

    /// For the kernel's routes that anybody may ask.
    @_spi(Kernel)
    public init(
        name: String, contentType: String, size: Int, tag: String, tenant: TenantID?, source: @escaping Source
    ) {
        self.name = name
        self.contentType = contentType
        self.size = size
        self.tag = tag
        self.tenant = tenant
        self.source = source
    }

    /// Sends the bytes of a range.
    @_spi(Kernel)
    public func send(_ range: Range<Int>, to sink: ([UInt8]) async throws -> Void) async throws {
        try await source(range, sink)
    }
}
