internal import AsyncHTTPClient
internal import Cryptography
internal import NIOCore
internal import PluginKit

/// Sends a large content part by part ("Uploading and copying objects using multipart upload", S3 user guide): a lost
/// connection costs a part, and the object appears when all are there.
struct S3MultipartUpload: Sendable {
    /// How large parts are in bytes; a bucket takes none below 5 MiB but the last.
    let partSize: Int
    let client: S3Client

    /// Sends a content; what failed is taken back, so that no parts are left to be paid for.
    ///
    /// - Throws: `FileStoreError`.
    func send(_ spooled: SpooledFile, as key: String) async throws {
        let upload = try await begin(key)
        do {
            var tags: [String] = []
            for start in stride(from: 0, to: spooled.size, by: partSize) {
                let count = min(partSize, spooled.size - start)
                let bytes = try await FileThreads.run { try spooled.file.read(at: start, count: count) }
                guard bytes.count == count else { throw FileStoreError.missing }
                tags.append(try await put(bytes, number: tags.count + 1, of: upload, key))
            }
            try await complete(upload, key, tags)
        } catch {
            await abort(upload, key)
            throw error
        }
    }

    private func begin(_ key: String) async throws -> String {
        let text = try await client.send("POST", key, query: [("uploads", "")]) { answer in
            try await answer.text(upTo: 1 << 20)
        }
        guard let upload = S3Listing.elements("UploadId", in: text).first else {
            throw FileStoreError.refused(operation: "POST", status: 200)
        }
        return String(upload)
    }

    /// - Returns: the part's tag.
    private func put(_ bytes: [UInt8], number: Int, of upload: String, _ key: String) async throws -> String {
        try await client.send(
            "PUT", key, query: [("partNumber", "\(number)"), ("uploadId", upload)],
            payload: Hex.encode(SHA256.digest(bytes)), body: .bytes(ByteBuffer(bytes: bytes)),
            within: S3Client.transfer
        ) { answer in
            guard let tag = answer.header("etag") else {
                throw FileStoreError.refused(operation: "PUT", status: answer.status)
            }
            return tag
        }
    }

    private func complete(_ upload: String, _ key: String, _ tags: [String]) async throws {
        let parts = tags.enumerated().map { index, tag in
            "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\(tag)</ETag></Part>"
        }
        let body = Array("<CompleteMultipartUpload>\(parts.joined())</CompleteMultipartUpload>".utf8)
        let text = try await client.send(
            "POST", key, query: [("uploadId", upload)], headers: [("content-type", "application/xml")],
            payload: Hex.encode(SHA256.digest(body)), body: .bytes(ByteBuffer(bytes: body)),
            within: S3Client.transfer
        ) { answer in
            try await answer.text(upTo: 1 << 20)
        }
        // A bucket may find out what is wrong after it has answered 200.
        guard text.contains("<CompleteMultipartUploadResult") else {
            throw FileStoreError.refused(operation: "POST", status: 200)
        }
    }

    /// What cannot be taken back now is left to the bucket's own rule for uploads that nobody completes.
    private func abort(_ upload: String, _ key: String) async {
        try? await client.send("DELETE", key, query: [("uploadId", upload)]) { _ in }
    }
}
