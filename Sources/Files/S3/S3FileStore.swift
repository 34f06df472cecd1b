internal import AsyncHTTPClient
internal import Cryptography
internal import NIOCore
package import PluginKit
internal import Synchronization

/// Contents in a bucket, under the keys that their addresses are. Uploads are spooled on this machine, so that digest
/// and length are known before the bucket hears of them, and a content appears there whole or not at all.
package struct S3FileStore: FileStore {
    /// So many bytes are read at once: a connection to the bucket is held for as long as the bucket takes, and not for
    /// as long as who reads the file does, of whom there may be many.
    private static let portion = 1 << 20

    package let spool: SpoolFolder
    private let client: S3Client
    private let multipart: S3MultipartUpload
    private let multipartBound: Int

    /// - Parameters:
    ///   - path: the directory for uploads under way; made if it is missing.
    ///   - reserve: how much room uploads leave on its disk.
    ///   - multipartBound: contents of more bytes are sent part by part.
    ///   - partSize: of such a part, in bytes; at least 5 MiB.
    ///   - patience: how long the bucket may take to begin and to go on with bytes that are read, and for everything
    ///     small.
    /// - Throws: `FileStoreError` when the directory cannot be used.
    package init(
        _ settings: S3Settings, spool path: String, reserve: DiskReserve = .none, multipartBound: Int = 64 << 20,
        partSize: Int = 16 << 20, patience: Duration = .seconds(20)
    ) throws {
        spool = SpoolFolder(try Directory.open(creating: path), reserve: reserve)
        client = S3Client(settings, patience: patience)
        self.multipartBound = multipartBound
        multipart = S3MultipartUpload(partSize: partSize, client: client)
    }

    package func publish(_ spooled: SpooledFile, as address: ContentAddress) async throws {
        do {
            if spooled.size > multipartBound {
                try await multipart.send(spooled, as: address.path)
            } else {
                let pieces = SpooledPieces(file: spooled.file, size: spooled.size)
                try await client.send(
                    "PUT", address.path, payload: Hex.encode(spooled.digest),
                    body: .stream(pieces, length: .known(Int64(spooled.size))), within: S3Client.transfer
                ) { _ in }
            }
        } catch {
            await spooled.discard()
            throw error
        }
        await spooled.discard()
    }

    package func read(
        _ address: ContentAddress, _ range: Range<Int>, _ send: ([UInt8]) async throws -> Void
    ) async throws {
        for start in stride(from: range.lowerBound, to: range.upperBound, by: S3FileStore.portion) {
            let end = min(start + S3FileStore.portion, range.upperBound)
            for piece in try await pieces(address, start..<end) { try await send(piece) }
        }
    }

    private func pieces(_ address: ContentAddress, _ range: Range<Int>) async throws -> [[UInt8]] {
        let header = ("range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)")
        var missing = range.count
        var pieces: [[UInt8]] = []
        try await client.send("GET", address.path, headers: [header]) { answer in
            guard answer.status == 206 else {
                throw FileStoreError.refused(operation: "GET", status: answer.status)
            }
            try await answer.forEachPiece { piece in
                missing -= piece.readableBytes
                guard missing >= 0 else { throw FileStoreError.refused(operation: "GET", status: 206) }
                pieces.append(Array(piece.readableBytesView))
            }
        }
        guard missing == 0 else { throw FileStoreError.unreachable(operation: "GET") }
        return pieces
    }

    package func holds(_ address: ContentAddress, size: Int) async throws -> Bool {
        do {
            return try await client.send("HEAD", address.path) { answer in
                answer.header("content-length").flatMap { Int($0) } == size
            }
        } catch FileStoreError.missing {
            return false
        }
    }

    package func remove(_ address: ContentAddress) async throws {
        do {
            try await client.send("DELETE", address.path) { _ in }
        } catch FileStoreError.missing {}
    }

    package func forEach(
        of tenant: TenantID?, before instant: Timestamp?, _ body: ([ContentAddress]) async throws -> Void
    ) async throws {
        var next: String?
        repeat {
            let listing = try await page(prefix: tenant.map { "\($0)/" } ?? "", after: next)
            let addresses = listing.objects.filter { object in instant.map { object.modified < $0 } ?? true }
                .compactMap { ContentAddress(path: $0.key) }
            if !addresses.isEmpty { try await body(addresses) }
            next = listing.next
        } while next != nil
    }

    package func forget(_ tenant: TenantID) async {}

    package func close() async { await client.close() }

    private func page(prefix: String, after token: String?) async throws -> S3Listing {
        let query = [("list-type", "2"), ("prefix", prefix)] + (token.map { [("continuation-token", $0)] } ?? [])
        return try await client.send("GET", "", query: query) { answer in
            S3Listing(try await answer.text(upTo: 4 << 20))
        }
    }
}

/// A spooled content, piece by piece; it can be read again when a connection was lost.
private struct SpooledPieces: AsyncSequence, Sendable {
    let file: OpenFile
    let size: Int

    struct AsyncIterator: AsyncIteratorProtocol {
        let file: OpenFile
        let size: Int
        var position = 0

        mutating func next() async throws -> ByteBuffer? {
            guard position < size else { return nil }
            let (file, start, count) = (file, position, Swift.min(256 << 10, size - position))
            let piece = try await FileThreads.run { try file.read(at: start, count: count) }
            guard !piece.isEmpty else { throw FileStoreError.missing }
            position += piece.count
            return ByteBuffer(bytes: piece)
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(file: file, size: size) }
}
