import PluginHost
import PluginKit
import Postgres
import TestKit
import Testing

@Suite("Reserved words")
struct ReservedWordsTests {
    @Test(
        "No module is called by a word that SQL keeps for itself",
        arguments: [
            "order", "user", "group", "check", "window", "offset", "analyze", "table", "select", "left", "time",
            "position", "values", "row", "interval",
        ])
    func modules(id: String) async throws {
        try await PluginsFolder.with { folder in
            try folder.add("Sample", manifest: PluginsFolder.manifest(id))
            let plugin = try #require(PluginFolder(at: "\(folder.path)/Sample"))
            let error = #expect(throws: ManifestError.self) { try plugin.manifest.get() }
            #expect(error?.code == .nameInvalid)
            for part in ["found \(id), which is a word of PostgreSQL's own", "such as \(id)_desk"] {
                #expect(error?.detail.contains(part) == true)
            }
        }
    }

    @Test("The server writes no other word in quotes")
    func whole() async throws {
        let words = try await TestServer.shared().asSuperuser { admin in
            let result = try await admin.run("SELECT word FROM pg_get_keywords() WHERE catcode <> 'U'")
            return try result.rows.map { try $0.get("word", as: String.self) }
        }
        #expect(words.count > 130 && ReservedWords.all.isSuperset(of: words))
    }
}
