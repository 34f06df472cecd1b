/// Where an installation keeps files, and how large they may be.
package struct FileSettings: Sendable {
    /// A kind of store with what it needs.
    package enum Place: Sendable {
        /// None: whoever sends or asks for a file is answered 503.
        case none
        /// A directory of this machine, which several processes of it may share.
        case directory(String)
        /// A bucket; uploads are spooled in a directory.
        case bucket(S3Settings, spool: String)
    }

    package var place = Place.none
    /// The most bytes of one file.
    package var maximumByteCount = 25 << 20
    /// The most uploads of one tenant at a time, in this process.
    package var maximumUploadsOfTenant = 16
    /// The most uploads at a time, in this process.
    package var maximumUploads = 256
    /// How much room uploads leave on the disk of the directory, or of the spool.
    package var reserve = DiskReserve()
    /// How browsers reach this server, without a slash at the end; nil makes links without a host.
    package var publicURL: String?

    package init() {}

    /// Opens the store; nil for none.
    ///
    /// - Throws: `FileStoreError` when the directory cannot be used.
    package func open() throws -> (any FileStore)? {
        switch place {
        case .none: nil
        case .directory(let path): try LocalFileStore(directory: path, reserve: reserve)
        case .bucket(let settings, let spool): try S3FileStore(settings, spool: spool, reserve: reserve)
        }
    }
}
