import Foundation
import Testing

@testable import EmbeddedPostgres

@Suite("Files in a backup")
struct FileTreeTests {
    /// Another device than that of `/tmp`, where there is one.
    private static let otherDevice = "/dev/shm"

    private static var hasOtherDevice: Bool {
        guard let other = FileSystem.device(of: otherDevice), access(otherDevice, W_OK) == 0 else { return false }
        return other != FileSystem.device(of: "/tmp")
    }

    /// A tree with an old file, a symbolic link and what a file system has at its root, and the place of its copy.
    private static func with(
        copyIn place: String = "/tmp", _ body: (_ source: String, _ copy: String) async throws -> Void
    ) async throws {
        let name = "romashka-tree-\(UUID().uuidString.prefix(8))"
        let (source, target) = ("/tmp/\(name)/files", "\(place)/\(name)/backup")
        defer { for root in ["/tmp/\(name)", "\(place)/\(name)"] { FileSystem.remove(root) } }
        for folder in ["\(source)/tenant/2d", "\(source)/lost+found", target] { try FileSystem.makeDirectories(folder) }
        try Data("picture".utf8).write(to: URL(fileURLWithPath: "\(source)/tenant/2d/one"))
        try FileSystem.setPermissions(0o640, of: "\(source)/tenant/2d/one")
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1_000_000)], ofItemAtPath: "\(source)/tenant/2d/one")
        try FileManager.default.createSymbolicLink(atPath: "\(source)/link", withDestinationPath: "nowhere")
        try await body(source, "\(target)/files")
    }

    private static func expectSame(_ copy: String) throws {
        #expect(FileSystem.text(of: "\(copy)/tenant/2d/one") == "picture")
        #expect(FileSystem.attributes(of: "\(copy)/tenant/2d/one")?.permissions == 0o640)
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(copy)/tenant/2d/one")
        let modified = attributes[.modificationDate] as? Date
        #expect(modified == Date(timeIntervalSince1970: 1_000_000))
        #expect(FileSystem.attributes(of: "\(copy)/tenant")?.permissions == 0o755)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: "\(copy)/link") == "nowhere")
        #expect(FileSystem.names(in: copy) == ["link", "tenant"])
    }

    /// How many names a file has.
    private static func links(of path: String) -> Int {
        var status = stat()
        return lstat(path, &status) == 0 ? Int(status.st_nlink) : 0
    }

    @Test("they are linked on one device, and take no room")
    func linked() async throws {
        try await Self.with { source, copy in
            try await FileTree.share(source, as: copy)
            try Self.expectSame(copy)
            #expect(Self.links(of: "\(copy)/tenant/2d/one") == 2)
        }
    }

    @Test(
        "they are copied to another device, as they are",
        .enabled(if: FileTreeTests.hasOtherDevice, "/dev/shm is no other device than /tmp"))
    func copied() async throws {
        try await Self.with(copyIn: Self.otherDevice) { source, copy in
            try await FileTree.share(source, as: copy)
            try Self.expectSame(copy)
            #expect(Self.links(of: "\(copy)/tenant/2d/one") == 1)
        }
    }

    @Test("one that has vanished when its turn comes is no failure, and not in the copy", arguments: ["one", "folder"])
    func vanished(name: String) async throws {
        try await Self.with { source, copy in
            try FileTree().take("\(source)/tenant/\(name)", as: copy)
            #expect(!FileSystem.exists(copy))
        }
    }

    @Test("whatever else keeps one from being copied is a failure")
    func failed() async throws {
        try await Self.with { source, copy in
            // Here it is the place of the copy that is not there.
            #expect(throws: EmbeddedPostgresError.self) {
                try FileTree().take("\(source)/tenant/2d/one", as: "\(copy)/not/there")
            }
            await #expect(throws: EmbeddedPostgresError.self) {
                try await FileTree.share(source, as: "\(copy)/not/there")
            }
            try await FileTree.share(source, as: copy)
            // It is there already.
            await #expect(throws: EmbeddedPostgresError.self) { try await FileTree.share(source, as: copy) }
        }
    }
}
