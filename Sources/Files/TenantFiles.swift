package import Cryptography
internal import Foundation
package import Logging
package import Observability
@_spi(Kernel) package import PluginKit
package import Postgres
package import Tenancy

/// The files of tenants: rows in the database, bytes in a store.
///
/// Bytes are durable before the row is committed, and the row is gone before the bytes are, so that a file that can be
/// seen can be read. What a crash leaves in between is bytes that no row knows, which `FileKeeper` sweeps.
package struct TenantFiles: Sendable {
    /// Who stores something.
    package struct Author: Sendable {
        let tenant: TenantID
        let actor: ActorID
        /// The module on whose behalf; nil for the API.
        let module: String?

        package init(tenant: TenantID, actor: ActorID, module: String?) {
            self.tenant = tenant
            self.actor = actor
            self.module = module
        }
    }

    let store: (any FileStore)?
    let settings: FileSettings
    let links: FileLinks
    let control: ControlPlane
    let table: FileTable
    private let gate: UploadGate
    private let received: Counter
    private let sent: Counter
    let failed: Counter
    let logger: Logger

    /// - Parameters:
    ///   - pipeline: of the kernel's role `auth`.
    ///   - metrics: counts the bytes that come and go.
    /// - Throws: `FileStoreError` when the store cannot be opened.
    package init(
        _ settings: FileSettings, pipeline: PipelineConnection, control: ControlPlane, master: MasterSecret,
        metrics: MetricRegistry, logger: Logger
    ) throws {
        store = try settings.open()
        self.settings = settings
        links = FileLinks(master: master)
        self.control = control
        table = FileTable(pipeline: pipeline)
        gate = UploadGate(settings)
        received = metrics.counter("romashka_file_bytes_received_total", help: "Bytes of files that were stored.")
        sent = metrics.counter("romashka_file_bytes_sent_total", help: "Bytes of files that were sent.")
        failed = metrics.counter("romashka_file_failures_total", help: "Times that the store of files failed.")
        self.logger = logger
    }

    /// Stores what `read` hands over, and answers the row of `FilePayload`.
    ///
    /// - Parameters:
    ///   - digest: what the bytes must hash to, in hexadecimal digits; nil for whatever comes.
    ///   - requireStanding: asked after the bytes have come, however long that took, and before the file is there; throws
    ///     when its author may no longer store it.
    ///   - read: calls its second argument with each piece of at most as many bytes in all as its first says.
    /// - Throws: `Problem` 409 `limit_reached`; 422 `digest_differs`; 429 `too_many_uploads`; 503 `uploads_busy`,
    ///   `files_unavailable`; what `read` throws. Then nothing is left behind.
    func add(
        _ name: String, by author: Author, digest: String? = nil, while requireStanding: () throws -> Void = {},
        _ read: (_ maximum: Int, _ consume: ([UInt8]) async throws -> Void) async throws -> Void
    ) async throws -> ResultSet {
        let store = try requireStore()
        // What a module stores is in memory already, so there is nobody to wait for.
        guard author.module == nil else { return try await add(name, by: author, digest, store, requireStanding, read) }
        return try await gate.pass(author.tenant) {
            try await requireRoom(for: author.tenant)
            return try await add(name, by: author, digest, store, requireStanding, read)
        }
    }

    /// Reads what somebody sends again, so that it can be compared, and keeps nothing. It has the bounds of an upload.
    ///
    /// - Throws: `Problem` 429 `too_many_uploads`; 503 `uploads_busy`; what `read` throws.
    package func skim(
        of tenant: TenantID,
        _ read: (_ maximum: Int, _ consume: ([UInt8]) async throws -> Void) async throws -> Void
    ) async throws {
        try await gate.pass(tenant) { try await read(settings.maximumByteCount) { _ in } }
    }

    /// Refuses before the first byte is taken where no more would be kept.
    private func requireRoom(for tenant: TenantID) async throws {
        guard let limit = control.read({ $0.limit("storage_bytes", of: tenant) }) else { return }
        guard try await table.storedBytes(of: tenant) < limit else { throw TenantFiles.isFull(limit) }
    }

    private func add(
        _ name: String, by author: Author, _ digest: String?, _ store: any FileStore,
        _ requireStanding: () throws -> Void,
        _ read: (_ maximum: Int, _ consume: ([UInt8]) async throws -> Void) async throws -> Void
    ) async throws -> ResultSet {
        let spooled = try await translate {
            try await store.spool.receive(atMost: settings.maximumByteCount, read)
        }
        let content = spooled.digest
        if let digest, Hex.decode(digest) != content {
            await spooled.discard()
            throw Problem.validation(
                [.init(pointer: "?digest", code: "digest", detail: "must be the SHA-256 of the body")],
                code: "digest_differs")
        }
        let address = ContentAddress(tenant: author.tenant, digest: content, object: UUID())
        let file = FileTable.NewFile(
            id: FileID.make(), name: FileName.clean(name), contentType: spooled.contentType, module: author.module,
            creator: author.actor)
        try await translate { try await store.publish(spooled, as: address) }
        do {
            try requireStanding()
        } catch {
            await drop(address)
            throw error
        }
        let row = try await commit(file, address, size: spooled.size, in: store)
        received.add(UInt64(spooled.size))
        return row
    }

    /// Removes a file.
    ///
    /// - Parameter module: removes only what this module stored; nil removes any.
    /// - Throws: `Problem.notFound`.
    func remove(_ id: FileID, of tenant: TenantID, module: String? = nil) async throws {
        if let address = try await table.remove(id, of: tenant, module: module) { await drop(address) }
    }

    /// A file to be sent.
    ///
    /// - Parameter isPublic: whether the route knows no caller, so that the tenant's limits are asked here.
    /// - Throws: `Problem.notFound`; 503 `files_unavailable`. What is sent throws the same, however late it fails.
    func download(_ id: FileID, of tenant: TenantID, isPublic: Bool = false) async throws -> Download {
        let store = try requireStore()
        let record = try await table.record(id, of: tenant)
        return Download(
            name: record.info.name, contentType: record.info.contentType, size: record.info.size,
            tag: Hex.encode(record.address.digest), tenant: isPublic ? tenant : nil
        ) { range, send in
            try await translate {
                do {
                    try await store.read(record.address, range) { piece in
                        try await send(piece)
                        sent.add(UInt64(piece.count))
                    }
                } catch FileStoreError.missing {
                    // Bytes without a row were removed just now; a row without bytes is a loss.
                    _ = try await table.record(id, of: tenant)
                    throw FileStoreError.missing
                }
            }
        }
    }

    /// Removes everything of a tenant whose rows are gone.
    ///
    /// - Returns: how many contents were removed and how many are left; nil when there is no store or it could
    ///   not say.
    package func erase(_ tenant: TenantID) async -> (erased: Int, left: Int)? {
        guard let store else { return nil }
        do {
            var erased = 0
            try await store.forEach(of: tenant, before: nil) { addresses in
                for address in addresses { try await store.remove(address) }
                erased += addresses.count
            }
            await store.forget(tenant)
            var left = 0
            try await store.forEach(of: tenant, before: nil) { left += $0.count }
            return (erased, left)
        } catch {
            logger.error("content of an erased tenant is left", metadata: ["error": "\(error)"])
            return nil
        }
    }

    private func requireStore() throws -> any FileStore {
        guard let store else {
            throw Problem(
                status: 503, code: "files_unavailable",
                detail: "This installation keeps no files; its operator decides where with --files-dir or a bucket.")
        }
        return store
    }

    /// Runs something of the store; its own errors become a problem, and leave a line with the cause.
    func translate<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as FileStoreError {
            failed.add()
            logger.error("files cannot be kept or read", metadata: ["error": "\(error)"])
            let detail =
                error == .full
                ? "There is no room for more files; the operator of this installation can make some."
                : "Files cannot be kept or read just now."
            throw Problem(status: 503, code: "files_unavailable", detail: detail, retryAfter: 30)
        }
    }
}
