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
            Fault(
                testDescription: "a schedule that never comes", original: #""tables": []"#,
                replacement: #"""
                    "tables": [], "jobs": [{"kind": "sample.a"}],
                    "schedules": [{"name": "n", "cron": "0 0 30 2 *", "job": "sample.a"}]
                    """#,
                names: "never comes"),
            Fault(testDescription: "no JSON", original: "{", replacement: "", names: "plugin.json"),
        ])
    func faults(fault: Fault) async throws {
        let manifest = PluginsFolder.manifest("sample")
        let place = try #require(manifest.range(of: fault.original))
        let reason = try await Self.reason(manifest.replacingCharacters(in: place, with: fault.replacement))
        #expect(try #require(reason).contains(fault.names))
    }

    /// What follows the tables in the manifest, and what the refusal names; nil when it is good.
    struct Field: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let names: String?

        init(_ json: String, _ names: String?) {
            testDescription = json
            self.names = names
        }
    }

    @Test(
        "P7: A module may ask for others' commands by their names and for nothing else",
        arguments: [
            Field(#""uses": []"#, nil), Field(#""uses": ["conversations.assign"]"#, nil),
            Field(#""uses": ["conversations.assign", "not_there.yet"]"#, nil),
            Field(#""uses": ["assign"]"#, "uses assign must be a module and its command"),
            Field(#""uses": ["conversations."]"#, "uses conversations. must be"),
            Field(#""uses": [".assign"]"#, "uses .assign must be"), Field(#""uses": ["a.b.c"]"#, "uses a.b.c must be"),
            Field(#""uses": ["conversations.*"]"#, "uses conversations.* must be"),
            Field(#""uses": ["Conversations.assign"]"#, "uses Conversations.assign must be"),
            Field(#""uses": ["sample.pin"]"#, "uses sample.pin is its own command"),
            Field(#""uses": ["other.one", "other.one"]"#, "uses names a command twice"),
            Field(#""uses": ["ab"]"#, "/uses/0"), Field(#""uses": [1]"#, "/uses/0"),
            Field(#""uses": "conversations.assign""#, "/uses"), Field(#""uses": null"#, "/uses"),
        ])
    func uses(field: Field) async throws { try await expect(field) }

    @Test(
        "A tenant's host leads to one of the module's public paths and nowhere else",
        arguments: [
            Field(#""public": ["/help"], "home": "/help""#, nil),
            Field(#""public": ["/shop", "/help"], "home": "/help/start_here-1.html""#, nil),
            Field(#""home": "/help""#, "home /help lies outside of the public paths"),
            Field(#""public": ["/help"], "home": "/helping""#, "home /helping lies outside"),
            Field(#""public": ["/help"], "home": "/""#, "/home"),
            Field(#""public": ["/help"], "home": "help""#, "home help lies outside"),
            Field(#""public": ["/help"], "home": "/help/../admin""#, "home /help/../admin must be a path"),
            Field(#""public": ["/help"], "home": "/help/""#, "home /help/ must be a path"),
            Field(#""public": ["/help"], "home": "/help//a""#, "home /help//a must be a path"),
            Field(#""public": ["/help"], "home": "/help/{id}""#, "home /help/{id} must be a path"),
            Field(#""public": ["/help"], "home": "/help/a?b""#, "home /help/a?b must be a path"),
            Field(#""public": ["/help"], "home": "https://elsewhere.example""#, "lies outside"),
            Field(#""public": ["/help"], "home": 1"#, "/home"), Field(#""public": ["/help"], "home": null"#, "/home"),
        ])
    func home(field: Field) async throws { try await expect(field) }

    private func expect(_ field: Field) async throws {
        let manifest = PluginsFolder.manifest("sample").replacing(
            #""tables": []"#, with: #""tables": [], \#(field.testDescription)"#)
        let reason = try await Self.reason(manifest)
        if let names = field.names {
            #expect(reason?.contains(names) == true, "\(reason as Any)")
        } else {
            #expect(reason == nil)
        }
    }
}
