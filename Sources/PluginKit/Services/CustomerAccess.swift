public import Foundation

/// How the tenant's customers get in: tokens for those whom a module knows.
///
/// The kernel takes the module's word for who is a customer. A token that is made and not handed out does no harm, so a
/// module that looks a customer up after making the token cannot be overtaken by whoever blocks the customer.
public struct CustomerAccess: Sendable {
    /// A customer's token.
    public struct Token: Hashable, Sendable {
        /// What goes behind `Authorization: Bearer`.
        public let text: String
        /// For how long it is valid, in seconds.
        public let seconds: Int

        /// For the kernel, which has signed it.
        @_spi(Kernel)
        public init(text: String, seconds: Int) {
            self.text = text
            self.seconds = seconds
        }
    }

    private let issue: @Sendable (UUID, Duration) async throws -> Token
    private let finish: @Sendable (UUID) async throws -> Void

    /// For the kernel, which has bound it to a tenant and an actor.
    @_spi(Kernel)
    public init(
        issue: @escaping @Sendable (UUID, Duration) async throws -> Token,
        end: @escaping @Sendable (UUID) async throws -> Void
    ) {
        self.issue = issue
        finish = end
    }

    /// That of callers who let nobody in.
    @_spi(Kernel)
    public static let none = CustomerAccess(
        issue: { _, _ in throw CustomerAccess.refused }, end: { _ in throw CustomerAccess.refused })

    private static let refused = Problem(
        status: 403, code: "members_only", detail: "A customer's token opens nothing here.")

    /// A token for a customer of the tenant.
    ///
    /// - Parameter lifetime: ten minutes at most.
    /// - Throws: `Problem` 403 `members_only` in a customer's own call; 503 when the database cannot be reached.
    public func token<Entity>(
        for customer: ID<Entity>, lifetime: Duration = .seconds(600)
    ) async throws -> Token {
        try await issue(customer.uuid, lifetime)
    }

    /// Ends every token of a customer within a second, and their streams, in a transaction of its own. What ends them
    /// because of a change belongs into the change's statement: see `Call.endingTokens(of:)`.
    ///
    /// - Throws: as `token` does.
    public func end<Entity>(_ customer: ID<Entity>) async throws {
        try await finish(customer.uuid)
    }
}

extension Call {
    /// The expression that ends every token of a customer and their streams, within a second of the commit: for who is
    /// blocked, merged or gone. It is of one piece with the change, whatever becomes of this process; its value is never
    /// null.
    ///
    /// - Parameter customer: the column with the customer's id.
    public func endingTokens(of customer: SQL) -> SQL { "core.end_customer(\(customer))" }
}
