package import PluginKit

/// Contents in a directory: `<root>/<tenant>/<2 digits>/<SHA-256>-<object>`, with uploads in `<root>/incoming`.
package struct LocalFileStore: FileStore {
    private static let pieceSize = 64 << 10
    private static let pageSize = 1000

    private let root: Directory
    package let spool: SpoolFolder

    /// Opens the directory, and makes it if it is missing.
    ///
    /// - Parameter reserve: how much room uploads leave on its disk.
    /// - Throws: `FileStoreError`.
    package init(directory path: String, reserve: DiskReserve = .none) throws {
        root = try Directory.open(creating: path)
        spool = SpoolFolder(try root.subdirectory(creating: "incoming"), reserve: reserve)
    }

    package func publish(_ spooled: SpooledFile, as address: ContentAddress) async throws {
        do {
            try await FileThreads.run { [root] in
                let (tenant, shard, name) = address.segments
                let folder = try root.subdirectory(creating: tenant).subdirectory(creating: shard)
                try spooled.move(to: folder, as: name)
            }
        } catch {
            await spooled.discard()
            throw error
        }
    }

    package func read(
        _ address: ContentAddress, _ range: Range<Int>, _ send: ([UInt8]) async throws -> Void
    ) async throws {
        let file = try await FileThreads.run { [root] in
            let (tenant, shard, name) = address.segments
            return try root.subdirectory(tenant).subdirectory(shard).open(name)
        }
        var position = range.lowerBound
        while position < range.upperBound {
            let (start, count) = (position, min(LocalFileStore.pieceSize, range.upperBound - position))
            let piece = try await FileThreads.run { try file.read(at: start, count: count) }
            guard !piece.isEmpty else { throw FileStoreError.missing }
            try await send(piece)
            position += piece.count
        }
    }

    package func holds(_ address: ContentAddress, size: Int) async throws -> Bool {
        try await FileThreads.run { [root] in
            let (tenant, shard, name) = address.segments
            do {
                return try root.subdirectory(tenant).subdirectory(shard).size(name) == size
            } catch FileStoreError.missing {
                return false
            }
        }
    }

    package func remove(_ address: ContentAddress) async throws {
        try await FileThreads.run { [root] in
            let (tenant, shard, name) = address.segments
            do {
                try root.subdirectory(tenant).subdirectory(shard).remove(name)
            } catch FileStoreError.missing {}
        }
    }

    package func forEach(
        of tenant: TenantID?, before instant: Timestamp?, _ body: ([ContentAddress]) async throws -> Void
    ) async throws {
        let tenants = try await FileThreads.run { [root] in
            try tenant.map { [$0.description] } ?? root.names().filter { TenantID($0) != nil }
        }
        for tenant in tenants {
            for shard in try await names(tenant) {
                let found = try await contents(tenant, shard, before: instant)
                for start in stride(from: 0, to: found.count, by: LocalFileStore.pageSize) {
                    try await body(Array(found[start..<min(start + LocalFileStore.pageSize, found.count)]))
                }
            }
        }
    }

    package func forget(_ tenant: TenantID) async {
        _ = try? await FileThreads.run { [root] in
            let folder = try root.subdirectory(tenant.description)
            for shard in try folder.names() { folder.removeDirectory(shard) }
            root.removeDirectory(tenant.description)
        }
    }

    package func close() async {}

    private func names(_ tenant: String) async throws -> [String] {
        try await FileThreads.run { [root] in
            do {
                return try root.subdirectory(tenant).names()
            } catch FileStoreError.missing {
                return []
            }
        }
    }

    private func contents(_ tenant: String, _ shard: String, before instant: Timestamp?) async throws
        -> [ContentAddress]
    {
        try await FileThreads.run { [root] in
            let folder = try root.subdirectory(tenant).subdirectory(shard)
            return try folder.names().compactMap { name in
                guard let modified = folder.modified(name), instant.map({ modified < $0 }) ?? true else { return nil }
                return ContentAddress(path: "\(tenant)/\(shard)/\(name)")
            }
        }
    }
}
