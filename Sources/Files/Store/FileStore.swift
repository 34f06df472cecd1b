package import PluginKit

/// Where contents are kept: a directory of this machine, or a bucket.
///
/// Each takes what `receive` has spooled; what is published is durable and whole before the call returns.
package protocol FileStore: Sendable {
    /// Where uploads are spooled until they are published.
    var spool: SpoolFolder { get }

    /// Makes a spooled content durable under its address; it leaves the spool, however this ends.
    ///
    /// - Throws: `FileStoreError`.
    func publish(_ spooled: SpooledFile, as address: ContentAddress) async throws

    /// Calls `send` with the bytes of a range in order.
    ///
    /// - Throws: `FileStoreError`, `.missing` before the first byte; what `send` throws.
    func read(
        _ address: ContentAddress, _ range: Range<Int>, _ send: ([UInt8]) async throws -> Void
    ) async throws

    /// Whether a content is there, and of this size in bytes. It is cheap: nothing of the content is read.
    ///
    /// - Throws: `FileStoreError` when that cannot be told.
    func holds(_ address: ContentAddress, size: Int) async throws -> Bool

    /// Removes a content; one that is gone is no error.
    ///
    /// - Throws: `FileStoreError`.
    func remove(_ address: ContentAddress) async throws

    /// Calls `body` with the addresses of what is there, a thousand at most at a time.
    ///
    /// - Parameters:
    ///   - tenant: whose; nil for everybody's.
    ///   - instant: leaves out what came later; nil for none.
    /// - Throws: `FileStoreError`; what `body` throws.
    func forEach(
        of tenant: TenantID?, before instant: Timestamp?, _ body: ([ContentAddress]) async throws -> Void
    ) async throws

    /// Removes what is left of a tenant when all of its contents are gone, such as empty directories.
    func forget(_ tenant: TenantID) async

    /// Ends what the store holds open.
    func close() async
}

/// What a store could not do. It names no path and no file.
package enum FileStoreError: Error, Hashable {
    /// There is no such content.
    case missing
    /// The disk has no room but what is left to others.
    case full
    /// The system refused an operation.
    case system(operation: String, code: Int32)
    /// The bucket's server refused, or answered what it should not.
    case refused(operation: String, status: Int)
    /// The bucket's server cannot be reached.
    case unreachable(operation: String)
}
