/// How the kernel learns which customer the tenant's own system means: one module of an installation has this.
///
/// ```swift
/// CustomerLookup { call, externalID in … finds or adds the customer … }
/// ```
public struct CustomerLookup: Sendable {
    /// Finds the customer.
    @_spi(Kernel)
    public let find: @Sendable (Call, String) async throws -> ActorID

    /// A look-up, which the kernel may run twice for one request.
    ///
    /// - Parameter find: takes a call of a hook and the id that the tenant's system has; whoever sent it has proved that
    ///   the tenant means this id. Throws a `Problem` for whom nobody lets in.
    public init<Entity>(_ find: @escaping @Sendable (_ call: Call, _ externalID: String) async throws -> ID<Entity>) {
        self.find = { ActorID(try await find($0, $1).uuid) }
    }
}
