import Files
import Foundation
import PluginKit
import TestKit
import Testing

@Suite("S3 file store", .serialized, .timeLimit(.minutes(15)))
struct S3FileStoreTests {
    /// A store on a server of its own, with an empty spool.
    private func with(
        _ body: (S3FileStore, S3Server, TemporaryFolder) async throws -> Void
    ) async throws {
        try await S3Server.with { server in
            try await TemporaryFolder.with { folder in
                let store = try S3FileStore(try server.settings(), spool: folder.path)
                do {
                    try await body(store, server, folder)
                } catch {
                    await store.close()
                    throw error
                }
                await store.close()
            }
        }
    }

    @Test("It keeps, lists, reads and removes what every store does, and leaves no upload on this machine")
    func conformance() async throws {
        try await with { store, _, folder in
            try await store.expectConformance()
            #expect(folder.files == [])
        }
    }

    @Test("A large content goes part by part, and is read back as it was", arguments: [5 << 20, 5 << 20 + 1, 11 << 20])
    func parts(size: Int) async throws {
        try await S3Server.with { server in
            try await TemporaryFolder.with { folder in
                let store = try S3FileStore(
                    try server.settings(), spool: folder.path, multipartBound: 5 << 20, partSize: 5 << 20)
                let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
                let address = try await store.put(bytes, for: .make())
                let isSame = try await store.get(address, 0..<size) == bytes
                #expect(isSame && folder.files == [])
                await store.close()
            }
        }
    }

    @Test("Parts that were sent are taken back when one is refused, and when the bucket finds fault in the end")
    func abortion() async throws {
        for refusesPart in [true, false] {
            let answer: @Sendable (StubServer.Question) -> StubServer.Answer = { question in
                switch (question.method, question.query) {
                case ("POST", "uploads="): .init(body: Array("<R><UploadId>u1</UploadId></R>".utf8))
                case ("PUT", "partNumber=2&uploadId=u1") where refusesPart: .init(500)
                case ("PUT", _): .init(headers: [("ETag", "\"t\"")])
                default: .init(body: Array("<Error/>".utf8))
                }
            }
            try await StubServer.with(answering: answer) { server in
                try await TemporaryFolder.with { folder in
                    let settings = try #require(
                        S3Settings(
                            endpoint: server.url, bucket: "bucket", region: "r", accessKeyID: "k", secretAccessKey: "s")
                    )
                    let store = try S3FileStore(settings, spool: folder.path, multipartBound: 10, partSize: 10)
                    await #expect(throws: FileStoreError.self) {
                        try await store.put(Array(repeating: 1, count: 25), for: .make())
                    }
                    let last = try #require(server.asked.last)
                    #expect(last.method == "DELETE" && last.query == "uploadId=u1")
                    let parts = server.asked.filter { $0.method == "PUT" }.map(\.body.count)
                    #expect(parts == (refusesPart ? [10, 10] : [10, 10, 5]) && folder.files == [])
                    await store.close()
                }
            }
        }
    }

    @Test("A list is read to its end, page by page")
    func pages() async throws {
        try await with { store, _, _ in
            let tenant = TenantID.make()
            let count = 1005
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<8 {
                    group.addTask {
                        for number in stride(from: worker, to: count, by: 8) {
                            _ = try await store.put(Array("\(number)".utf8), for: tenant)
                        }
                    }
                }
                try await group.waitForAll()
            }
            var pages: [Int] = []
            try await store.forEach(of: tenant, before: nil) { pages.append($0.count) }
            #expect(pages.reduce(0, +) == count && pages.count == 2)
        }
    }

    @Test("A wrong secret, a missing bucket and a server that is not there are errors, and leave nothing behind")
    func refusals() async throws {
        try await with { _, server, folder in
            let wrong = [
                try server.settings(secret: "not-the-secret"), try server.settings(bucket: "another-bucket"),
                S3Settings(
                    endpoint: "http://127.0.0.1:9", bucket: "bucket", region: "r", accessKeyID: "k",
                    secretAccessKey: "s"),
            ]
            for settings in wrong {
                let store = try S3FileStore(try #require(settings), spool: folder.path)
                await #expect(throws: FileStoreError.self) { try await store.put([1, 2, 3], for: .make()) }
                await #expect(throws: FileStoreError.self) { try await store.addresses(of: nil) }
                let address = ContentAddress(tenant: .make(), digest: Array(repeating: 1, count: 32), object: UUID())
                await #expect(throws: FileStoreError.self) { try await store.get(address, 0..<1) }
                await store.close()
                #expect(folder.files == [])
            }
        }
    }

    @Test(
        "A bucket that falls silent is given up, before its first byte and after it",
        arguments: [
            "", "HTTP/1.1 206 Partial Content\r\nContent-Length: 10\r\n\r\n",
            "HTTP/1.1 206 Partial Content\r\nContent-Length: 10\r\n\r\n123",
        ])
    func silence(answer: String) async throws {
        try await silent(answer) { store, _ in
            let address = ContentAddress(tenant: .make(), digest: Array(repeating: 1, count: 32), object: UUID())
            await #expect(throws: FileStoreError.unreachable(operation: "GET")) { try await store.get(address, 0..<10) }
            await #expect(throws: FileStoreError.unreachable(operation: "GET")) { try await store.addresses(of: nil) }
        }
    }

    @Test("A list has a time for the whole of it, a content only for what comes next")
    func dripping() async throws {
        let head = "HTTP/1.1 206 Partial Content\r\nContent-Length: 20\r\n\r\n"
        // Far from either bound, so that a busy machine tells neither for the other.
        try await silent(head, dripping: .milliseconds(400), patience: .seconds(5)) { store, _ in
            let address = ContentAddress(tenant: .make(), digest: Array(repeating: 1, count: 32), object: UUID())
            let bytes = try await store.get(address, 0..<20)
            #expect(bytes == Array(repeating: UInt8(ascii: "x"), count: 20))
            await #expect(throws: FileStoreError.unreachable(operation: "GET")) { try await store.addresses(of: nil) }
        }
    }

    /// A store on a server that does not end its answers.
    private func silent(
        _ answer: String, dripping interval: Duration? = nil, patience: Duration = .seconds(1),
        _ body: @Sendable (S3FileStore, SilentServer) async throws -> Void
    ) async throws {
        try await SilentServer.with(answering: answer, dripping: interval) { server in
            try await TemporaryFolder.with { folder in
                let settings = try #require(
                    S3Settings(
                        endpoint: server.url, bucket: "bucket", region: "r", accessKeyID: "k", secretAccessKey: "s"))
                let store = try S3FileStore(settings, spool: folder.path, patience: patience)
                do {
                    try await body(store, server)
                } catch {
                    await store.close()
                    throw error
                }
                let isClosed = try await eventually { server.open == 0 }
                #expect(isClosed)
                await store.close()
            }
        }
    }

    @Test("Readers who take their first bytes and no more hold no connection to the bucket")
    func slowReaders() async throws {
        try await with { store, _, _ in
            let size = 900_000
            let address = try await store.put([UInt8](repeating: 7, count: size), for: .make())
            let (begun, begins) = AsyncStream<Void>.makeStream()
            try await withThrowingTaskGroup(of: Void.self) { group in
                // More than there may be connections.
                for _ in 0..<80 {
                    group.addTask {
                        // Who is refused ends the wait for all.
                        defer { begins.finish() }
                        try await store.read(address, 0..<size) { _ in
                            begins.yield()
                            try await Task.sleep(for: .seconds(3600))
                        }
                    }
                }
                var readers = begun.makeAsyncIterator()
                for _ in 0..<80 { await readers.next() }
                let isThere = try await store.holds(address, size: size)
                #expect(isThere)
                group.cancelAll()
            }
        }
    }

    @Test("The secret stands in no description of the settings")
    func secretIsNotShown() throws {
        let settings = try #require(
            S3Settings(
                endpoint: "https://a.example", bucket: "bucket", region: "r", accessKeyID: "k",
                secretAccessKey: "very-secret"))
        var dumped = ""
        dump(settings, to: &dumped)
        for text in ["\(settings)", String(reflecting: settings), dumped] { #expect(!text.contains("very-secret")) }
    }
}
