/// A file of a tenant.
public enum StoredFile {}

/// A file's id.
public typealias FileID = ID<StoredFile>

/// What is known of a file besides its bytes.
public struct FileInfo: Hashable, Sendable {
    /// Names it, for the tenant it belongs to.
    public let id: FileID
    /// What people see: one segment without control characters.
    public let name: String
    /// The media type, told by the bytes and not by who sent them.
    public let contentType: String
    /// Bytes.
    public let size: Int

    /// For the kernel, which has stored it.
    @_spi(Kernel)
    public init(id: FileID, name: String, contentType: String, size: Int) {
        self.id = id
        self.name = name
        self.contentType = contentType
        self.size = size
    }
}

/// The files of the call's tenant. Nothing here is part of the call's transactions: a file that is stored stays when a
/// transaction is rolled back.
public struct ModuleFiles: Sendable {
    /// The most bytes that are handed to a module at once.
    public static let maximumByteCount = 25 << 20

    /// What the kernel has bound to module and tenant.
    @_spi(Kernel)
    public struct Actions: Sendable {
        let store: @Sendable ([UInt8], String) async throws -> FileInfo
        let read: @Sendable (FileID) async throws -> (FileInfo, [UInt8])
        let delete: @Sendable (FileID) async throws -> Void
        let link: @Sendable (FileID, Duration) async throws -> String

        /// One for each of the methods.
        public init(
            store: @escaping @Sendable ([UInt8], String) async throws -> FileInfo,
            read: @escaping @Sendable (FileID) async throws -> (FileInfo, [UInt8]),
            delete: @escaping @Sendable (FileID) async throws -> Void,
            link: @escaping @Sendable (FileID, Duration) async throws -> String
        ) {
            self.store = store
            self.read = read
            self.delete = delete
            self.link = link
        }
    }

    private let actions: Actions

    /// For the kernel.
    @_spi(Kernel)
    public init(_ actions: Actions) {
        self.actions = actions
    }

    /// Those of whoever has none.
    static let none = ModuleFiles(
        Actions(
            store: { _, _ in throw Problem.notFound }, read: { _ in throw Problem.notFound },
            delete: { _ in throw Problem.notFound }, link: { _, _ in throw Problem.notFound }))

    /// Keeps bytes as a file of the tenant, marked with the module.
    ///
    /// - Parameter name: any text; what cannot be a file's name is taken out of it.
    /// - Throws: `Problem` 413 `body_too_large`, 409 `limit_reached`, 503 `files_unavailable`.
    public func store(_ bytes: [UInt8], name: String) async throws -> FileInfo {
        try await actions.store(bytes, name)
    }

    /// A file of the tenant with its bytes, whoever stored it.
    ///
    /// - Throws: `Problem.notFound`; 413 `file_too_large` above `maximumByteCount`; 503 `files_unavailable`.
    public func read(_ id: FileID) async throws -> (info: FileInfo, bytes: [UInt8]) {
        try await actions.read(id)
    }

    /// Removes a file that this module stored.
    ///
    /// - Throws: `Problem.notFound`, also for what others stored.
    public func delete(_ id: FileID) async throws {
        try await actions.delete(id)
    }

    /// An address from which whoever has it can load the file until it expires, is deleted, or the tenant is suspended.
    ///
    /// - Parameter duration: of one second to seven days.
    /// - Throws: `Problem.notFound`; 422 `validation_failed` for another duration.
    public func link(_ id: FileID, expiresIn duration: Duration) async throws -> String {
        try await actions.link(id, duration)
    }
}
