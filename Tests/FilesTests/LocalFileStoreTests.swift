import Cryptography
import Files
import Foundation
import PluginKit
import TestKit
import Testing

@Suite("Local file store")
struct LocalFileStoreTests {
    private struct Mishap: Error {}

    @Test("It keeps, lists, reads and removes what every store does")
    func conformance() async throws {
        try await TemporaryFolder.with { folder in
            try await LocalFileStore(directory: "\(folder.path)/not/there/yet").expectConformance()
        }
    }

    @Test("A path is made of tenant, digest and object, and of nothing else")
    func paths() async throws {
        try await TemporaryFolder.with { folder in
            let address = try await LocalFileStore(directory: folder.path).put([1, 2, 3], for: .make())
            let digest = Hex.encode(SHA256.digest([1, 2, 3]))
            let object = address.object.uuidString.lowercased()
            #expect(folder.files == ["\(address.tenant)/\(digest.prefix(2))/\(digest)-\(object)"])
            #expect(ContentAddress(path: address.path) == address)
        }
    }

    @Test(
        "What is no address is not taken for one",
        arguments: ["", "/", "..", "a/b/c", "../../../etc/passwd", "incoming/x/y", "lost+found"])
    func foreignPaths(path: String) {
        #expect(ContentAddress(path: path) == nil)
    }

    @Test("A path whose parts contradict each other, or with anything added, is no address")
    func contradictions() {
        let path = ContentAddress(tenant: .make(), digest: SHA256.digest("x"), object: UUID()).path
        let wrongShard = path.replacing("/2d/", with: "/00/")
        for changed in [wrongShard, path + "/", "/" + path, path + "x", path.uppercased(), "../" + path] {
            #expect(ContentAddress(path: changed) == nil, "\(changed)")
        }
    }

    @Test("An upload that fails leaves nothing, neither while its bytes come nor at once")
    func failedUploads() async throws {
        try await TemporaryFolder.with { folder in
            let store = try LocalFileStore(directory: folder.path)
            for pieces in [0, 1, 20] {
                await #expect(throws: Mishap.self) {
                    try await store.spool.receive(atMost: 1 << 20) { _, consume in
                        for _ in 0..<pieces { try await consume(Array(repeating: 1, count: 100_000)) }
                        throw Mishap()
                    }
                }
                #expect(folder.files == [])
            }
        }
    }

    @Test("An upload that nobody publishes goes with its last holder")
    func droppedUploads() async throws {
        try await TemporaryFolder.with { folder in
            let store = try LocalFileStore(directory: folder.path)
            do {
                let spooled = try await store.spool.receive(atMost: 10) { _, consume in try await consume([1]) }
                #expect(spooled.size == 1 && folder.files.count == 1)
            }
            // The thread that wrote the last bytes may hold it a moment longer.
            let holds1 = try await eventually { folder.files == [] }
            #expect(holds1)
        }
    }

    @Test("A symbolic link is followed nowhere: not for a tenant, not for a shard, not for a content")
    func symbolicLinks() async throws {
        try await TemporaryFolder.with { folder in
            let store = try LocalFileStore(directory: "\(folder.path)/files")
            let address = try await store.put([1, 2, 3], for: .make())
            let parts = address.path.split(separator: "/").map(String.init)
            let manager = FileManager.default
            for depth in 1...3 {
                let path = "\(folder.path)/files/" + parts.prefix(depth).joined(separator: "/")
                try manager.moveItem(atPath: path, toPath: "\(folder.path)/elsewhere")
                try manager.createSymbolicLink(atPath: path, withDestinationPath: "\(folder.path)/elsewhere")
                await #expect(throws: FileStoreError.self, "depth \(depth)") { try await store.get(address, 0..<3) }
                if depth < 3 {
                    await #expect(throws: FileStoreError.self, "depth \(depth)") {
                        try await store.put([1, 2, 3], for: address.tenant)
                    }
                }
                try manager.removeItem(atPath: path)
                try manager.moveItem(atPath: "\(folder.path)/elsewhere", toPath: path)
            }
            #expect(try await store.get(address, 0..<3) == [1, 2, 3])
        }
    }

    @Test("A directory that cannot be made is an error at the start")
    func unusableDirectory() async throws {
        try await TemporaryFolder.with { folder in
            try Data().write(to: URL(fileURLWithPath: "\(folder.path)/file"))
            #expect(throws: FileStoreError.self) { try LocalFileStore(directory: "\(folder.path)/file/below") }
        }
    }
}
