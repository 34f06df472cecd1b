import Foundation
import Supervision
import Testing

@Suite("The program that runs here")
struct ThisProgramTests {
    /// A folder in a folder, as somebody may have left it.
    struct Folder: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let outer: Int
        let inner: Int
        let isTrusted: Bool
    }

    private static let folders = [
        Folder(testDescription: "its own", outer: 0o755, inner: 0o755, isTrusted: true),
        Folder(testDescription: "its own in one that all share", outer: 0o1777, inner: 0o755, isTrusted: true),
        Folder(testDescription: "of a group", outer: 0o775, inner: 0o775, isTrusted: true),
        Folder(testDescription: "where everybody writes", outer: 0o755, inner: 0o777, isTrusted: false),
        Folder(testDescription: "that all share", outer: 0o755, inner: 0o1777, isTrusted: false),
        Folder(testDescription: "in one where everybody writes", outer: 0o777, inner: 0o755, isTrusted: false),
    ]

    @Test("Trusts a folder that nobody else can have put there", arguments: folders)
    func trusts(folder: Folder) throws {
        try with(folder) { #expect(ThisProgram.trusts($0) == folder.isTrusted) }
    }

    @Test("Trusts nothing of another user, and nothing that is not there", .enabled(if: geteuid() == 0))
    func others() throws {
        try with(ThisProgramTests.folders[1]) { inner in
            #expect(!ThisProgram.trusts(inner + "/nothing"))
            #expect(chown(inner, 65_534, 65_534) == 0)
            #expect(!ThisProgram.trusts(inner))
        }
    }

    private func with(_ folder: Folder, _ body: (String) throws -> Void) throws {
        let outer = FileManager.default.temporaryDirectory.appendingPathComponent("romashka-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: outer) }
        try FileManager.default.createDirectory(atPath: outer + "/inner", withIntermediateDirectories: true)
        for (path, mode) in [(outer, folder.outer), (outer + "/inner", folder.inner)] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        }
        try body(outer + "/inner")
    }
}
