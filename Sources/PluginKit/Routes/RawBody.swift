/// The body of a request as it comes in: bytes of any kind, read once and piece by piece.
public struct RawBody: Sendable {
    /// How a body is read: calls `consume` with each piece, and ends when the body or its maximum does.
    @_spi(Kernel)
    public typealias Reader =
        @Sendable (_ maximum: Int, _ consume: ([UInt8]) async throws -> Void) async throws -> Void

    /// What the sender says it is; never to be trusted.
    public let contentType: String?
    /// How many bytes the sender announced; nil when they come in chunks.
    public let length: Int?
    private let reader: Reader
    /// Refuses when the sender has lost the right to send it, which may be long after they began.
    @_spi(Kernel)
    public let requireStanding: @Sendable () throws -> Void

    /// For the kernel, which bounds how slowly the bytes may come.
    @_spi(Kernel)
    public init(
        contentType: String?, length: Int?, requireStanding: @escaping @Sendable () throws -> Void = {},
        reader: @escaping Reader
    ) {
        self.requireStanding = requireStanding
        self.contentType = contentType
        self.length = length
        self.reader = reader
    }

    /// Reads the whole body; `consume` gets the pieces in order, and while it works no more than a few are held.
    ///
    /// - Parameter maximum: the most bytes to take.
    /// - Throws: `Problem` 413 `body_too_large` as soon as there are more, 408 `body_too_slow`, 400 `body_incomplete`
    ///   when the sender leaves; and what `consume` throws.
    public func read(atMost maximum: Int, _ consume: ([UInt8]) async throws -> Void) async throws {
        try await reader(maximum, consume)
    }
}
