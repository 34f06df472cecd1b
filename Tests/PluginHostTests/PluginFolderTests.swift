import Foundation
import PluginHost
import TestKit
import Testing

@Suite("Plugin folder")
struct PluginFolderTests {
    @Test("Of what its own build has made the newest library counts, and one in the folder before that")
    func newestLibrary() async throws {
        try await PluginsFolder.with { folder in
            try folder.add("Sample", manifest: PluginsFolder.manifest("sample"))
            let path = "\(folder.path)/Sample"
            let plugin = try #require(PluginFolder(at: path))
            #expect(plugin.libraryPath(libraries: []) == nil)
            for (stale, fresh) in [("release", "debug"), ("debug", "release")] {
                try Self.build("\(path)/.build/\(stale)", at: 1_790_000_000)
                try Self.build("\(path)/.build/\(fresh)", at: 1_790_000_060)
                #expect(plugin.libraryPath(libraries: [folder.path]) == "\(path)/.build/\(fresh)/libSample.so")
            }
            try folder.addLibrary(of: "Sample", [])
            #expect(plugin.libraryPath(libraries: [folder.path]) == "\(path)/libSample.so")
        }
    }

    /// Leaves a library as a build of that time would have.
    private static func build(_ folder: String, at seconds: Double) throws {
        let library = "\(folder)/libSample.so"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: library))
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: seconds)], ofItemAtPath: library)
    }
}
