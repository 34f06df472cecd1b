import Foundation
import PluginHost
import PluginKit
import TestKit
import Testing

@Suite("Manifest")
struct ManifestTests {
    private static func reason(_ manifest: String) async throws -> String? {
        try await PluginsFolder.with { folder in
            try folder.add("Sample", manifest: manifest)
            let listed = try #require(PluginFolder.list(in: folder.path).first)
            guard case .failure(let error) = listed.manifest else { return nil }
            return error.description
        }
    }

    @Test("P1: The least a manifest needs is enough")
    func minimal() async throws {
        #expect(try await Self.reason(PluginsFolder.manifest("sample")) == nil)
    }

    /// A change of a good manifest and what the refusal must name.
    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let original: String
        let replacement: String
        let names: String
    }

    @Test(
        "A fault is refused and named",
        arguments: [
            Fault(testDescription: "no id", original: #""id": "sample", "#, replacement: "", names: "/id"),
            Fault(testDescription: "short id", original: #""sample""#, replacement: #""s""#, names: "/id"),
            Fault(
                testDescription: "capital id", original: #""sample""#, replacement: #""Sample""#, names: "id must be"),
            Fault(
                testDescription: "SQL in the id", original: #""sample""#, replacement: #""a;b""#, names: "id must be"),
            Fault(testDescription: "unknown field", original: #""id""#, replacement: #""x": 1, "id""#, names: "/x"),
            Fault(testDescription: "number as title", original: #""T""#, replacement: "1", names: "/title"),
            Fault(
                testDescription: "null version", original: #""version": "1""#, replacement: #""version": null"#,
                names: "/version"),
            Fault(testDescription: "no mount", original: #"["/sample"]"#, replacement: "[]", names: "/mounts"),
            Fault(
                testDescription: "foreign permission", original: #""permissions": []"#,
                replacement: #""permissions": [{"id": "core.all", "title": "A", "roles": []}]"#, names: "core.all"),
            Fault(
                testDescription: "unknown role", original: #""permissions": []"#,
                replacement: #""permissions": [{"id": "sample.a", "title": "A", "roles": ["root"]}]"#,
                names: "/permissions/0/roles/0"),
            Fault(
                testDescription: "repeated name", original: #""id""#, replacement: #""id": "a", "id""#, names: "twice"),
            Fault(testDescription: "no JSON", original: "{", replacement: "", names: "plugin.json"),
        ])
    func faults(fault: Fault) async throws {
        let manifest = PluginsFolder.manifest("sample")
        let place = try #require(manifest.range(of: fault.original))
        let reason = try await Self.reason(manifest.replacingCharacters(in: place, with: fault.replacement))
        #expect(try #require(reason).contains(fault.names))
    }
}
