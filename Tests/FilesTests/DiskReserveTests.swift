import Files
import Testing

@Suite("Reserve of a disk")
struct DiskReserveTests {
    /// An upload to a disk, in MiB.
    struct Upload: Sendable {
        let bytes, free, size: Int
        let isTaken: Bool
    }

    @Test(
        "A GiB is left, and a twentieth of a large disk",
        arguments: [
            Upload(bytes: 1, free: 1026, size: 4096, isTaken: true),
            Upload(bytes: 2, free: 1026, size: 4096, isTaken: true),
            Upload(bytes: 3, free: 1026, size: 4096, isTaken: false),
            Upload(bytes: 0, free: 1023, size: 1023, isTaken: false),
            Upload(bytes: 10, free: 5010, size: 100_000, isTaken: true),
            Upload(bytes: 11, free: 5010, size: 100_000, isTaken: false),
        ])
    func reserve(upload: Upload) {
        let isTaken = DiskReserve().isLeft(
            after: upload.bytes << 20, free: upload.free << 20, size: upload.size << 20)
        #expect(isTaken == upload.isTaken)
    }

    @Test("A store refuses an upload that would go into it before anything is written, and a spool of a bucket too")
    func stores() async throws {
        try await TemporaryFolder.with { folder in
            let reserve = DiskReserve(byteCount: .max)
            let settings = try #require(
                S3Settings(
                    endpoint: "http://127.0.0.1:9", bucket: "files", region: "us-east-1", accessKeyID: "a",
                    secretAccessKey: "b"))
            let bucket = try S3FileStore(settings, spool: "\(folder.path)/spool", reserve: reserve)
            let stores: [any FileStore] = [try LocalFileStore(directory: folder.path, reserve: reserve), bucket]
            for store in stores {
                await #expect(throws: FileStoreError.full) {
                    try await store.spool.receive(atMost: 1 << 20) { _, _ in Issue.record("it was read") }
                }
            }
            #expect(folder.files == [])
            await bucket.close()
        }
    }
}
