/// How an operator learns whether a module can do its work: whether what it leans on outside can be reached, say.
///
/// ```swift
/// Health { call in … throws when something is wrong … }
/// ```
public struct Health: Sendable {
    /// Throws when something is wrong.
    @_spi(Kernel)
    public let check: @Sendable () async throws -> Void

    /// A check of a few seconds at most.
    ///
    /// - Parameter check: throws when something is wrong; a `Problem`'s detail is shown to the operator.
    public init(_ check: @escaping @Sendable () async throws -> Void) {
        self.check = check
    }
}
