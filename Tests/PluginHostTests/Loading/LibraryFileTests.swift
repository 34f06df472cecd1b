import Foundation
import PluginHost
import TestKit
import Testing

@Suite("Library file")
struct LibraryFileTests {
    /// C that is compiled into a library, and looked at as a file.
    private func file(_ source: String) async throws -> LibraryFile {
        try await PluginsFolder.with { folder in
            try folder.add("Sample", manifest: PluginsFolder.manifest("sample"))
            try folder.compileLibrary(of: "Sample", source)
            return try #require(LibraryFile("\(folder.path)/Sample/libSample.so"))
        }
    }

    @Test("P3: A second copy of PluginKit inside is refused before anything is loaded")
    func secondCopy() async throws {
        let file = try await file(#"int copy __asm__("$s9PluginKit4CallVMn") = 1;"#)
        #expect(file.ownKitTypes == ["$s9PluginKit4CallVMn"])
        let refusal = #expect(throws: PluginRefusal.self) { try file.requireFit() }
        let detail = try #require(refusal?.detail)
        for part in ["expected to share PluginKit", "found a second copy", "fix: depend on"] {
            #expect(detail.contains(part))
        }
    }

    @Test(
        "P2: A fingerprint is found in the file; another one than ours is refused with what was expected, found, and the fix"
    )
    func fingerprint() async throws {
        let text = "romashka-plugin-abi:1 pluginkit:0 compiler:none"
        let file = try await file("const char fingerprint[] = \"\(text)\";")
        #expect(file.fingerprint == text)
        let refusal = #expect(throws: PluginRefusal.self) { try file.requireFit() }
        for part in ["expected romashka-plugin-abi:", "found \(text)", "fix: build the plugin again"] {
            #expect(refusal?.detail.contains(part) == true)
        }
    }

    @Test("The project's own plugins define no type of PluginKit", arguments: ["Conversations", "Knowledge"])
    func ownPlugins(name: String) throws {
        let path = "\(FileManager.default.currentDirectoryPath)/.build/debug/lib\(name).so"
        let file = try #require(LibraryFile(path))
        #expect(throws: Never.self) { try file.requireFit() }
        #expect(file.fingerprint != nil)
    }

    @Test("A file that is cut anywhere is read without harm")
    func cutFiles() async throws {
        let path = "\(FileManager.default.currentDirectoryPath)/.build/debug/libKnowledge.so"
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        try await PluginsFolder.with { folder in
            let cut = "\(folder.path)/cut.so"
            for length in [0, 4, 6, 40, 63, 64, 1000, whole.count / 2, whole.count - 1] {
                try whole.prefix(length).write(to: URL(fileURLWithPath: cut))
                #expect(LibraryFile(cut)?.ownKitTypes.isEmpty == true)
            }
            // Every length and offset says the most it can.
            var wild = whole
            for place in 40..<64 { wild[place] = 0xFF }
            try wild.write(to: URL(fileURLWithPath: cut))
            #expect(LibraryFile(cut)?.ownKitTypes.isEmpty == true)
        }
    }
}
