import Foundation
import Platform
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

    @Test(
        "P4: A name begins with its module's, and none is there twice",
        arguments: [
            event("sample.counted", nil), event("sample.note.created", nil),
            event("note.created", "event note.created: expected a type that begins with sample."),
            event("note.created", "fix: call it sample.note.created"),
            event("message.created", "which belongs to the module conversations"),
            event("article.created", "which belongs to the module knowledge"),
            event("role.created", "which belongs to the platform"),
            event("samples.created", "expected a type that begins with sample."),
            event("sample", "event sample must be lower-case words"),
            event("sample.", "event sample. must be"), event("sample.Created", "event sample.Created must be"),
            Field(#""commands": ["sample.pin", "sample.pin"]"#, "command sample.pin is there twice"),
            Field(#""commands": ["other.pin"]"#, "command other.pin must begin with sample."),
            Field(#""hooks": [{"id": "other.in", "title": "T"}]"#, "hook other.in must begin with sample."),
            Field(#""jobs": [{"kind": "other.work"}]"#, "job other.work must begin with sample."),
        ])
    func names(field: Field) async throws { try await expect(field) }

    private static func event(_ type: String, _ names: String?) -> Field {
        Field(#""events": [{"type": "\#(type)", "title": "T", "sample": {}}]"#, names)
    }

    @Test(
        "No module has a name that the kernel's permissions, events or schemas, or the platform's events begin with",
        arguments: ["members", "files", "role", "core", "public", "message", "customer", "pg_catalog"])
    func platformNames(id: String) async throws {
        let reason = try await Self.reason(PluginsFolder.manifest(id))
        #expect(reason?.contains("found \(id), which is the platform's; fix: choose another") == true)
    }

    @Test(
        "A slot's name stands in an address as it is, and once in a plugin",
        arguments: [
            ui(["conversation.sidebar"], nil), ui(["conversation.side-bar_2", "customer.tab"], nil),
            ui(["conversation.sidebar", "conversation.sidebar"], "slot conversation.sidebar is there twice"),
            ui(["Conversation"], "slot Conversation must be lower-case words"),
            ui(["side bar"], "slot side bar must be"), ui(["sidebar?"], "slot sidebar? must be"),
            ui(["side%20bar"], "slot side%20bar must be"), ui(["side/bar"], "slot side/bar must be"),
            ui(["side..bar"], "slot side..bar must be"), ui([".sidebar"], "slot .sidebar must be"),
        ])
    func slots(field: Field) async throws { try await expect(field) }

    private static func ui(_ names: [String], _ says: String?) -> Field {
        let slots = names.map { #"{"slot": "\#($0)", "title": "T", "script": "a.js"}"# }
        return Field(#""ui": {"slots": [\#(slots.joined(separator: ", "))]}"#, says)
    }

    @Test("The project's own plugins keep these rules")
    func ownPlugins() throws {
        let installation = try Installation.find(environment: [:])
        for directory in [installation.plugins, "\(installation.plugins)/../Tests/Plugins"] {
            let folders = PluginFolder.list(in: directory)
            #expect(folders.count >= 2)
            for folder in folders { #expect(throws: Never.self) { try folder.manifest.get() } }
        }
    }

    @Test(
        "A module reads columns of tables of modules that it requires",
        arguments: [
            Field(#""reads": []"#, nil), Field(#""reads": [{"table": "shop.orders", "columns": ["id"]}]"#, nil),
            Field(#""reads": [{"table": "shop.orders", "columns": []}]"#, "/reads/0/columns"),
            Field(#""reads": [{"table": "shop.orders"}]"#, "/reads/0/columns"),
            Field(#""reads": [{"table": "orders", "columns": ["id"]}]"#, "reads orders must be a module's table"),
            Field(#""reads": [{"table": "shop.a.b", "columns": ["id"]}]"#, "reads shop.a.b must be"),
            Field(#""reads": [{"table": "shop.orders", "columns": ["*"]}]"#, "reads shop.orders must be"),
            Field(#""reads": [{"table": "shop.orders", "columns": ["a b"]}]"#, "reads shop.orders must be"),
            Field(#""reads": [{"table": "core.tenants", "columns": ["id"]}]"#, "found one of the platform's"),
            Field(#""reads": [{"table": "sample.notes", "columns": ["id"]}]"#, "is its own table"),
            Field(#""reads": [{"table": "other.notes", "columns": ["id"]}]"#, "expected other among requires"),
            Field(#""reads": [{"table": "shop.orders", "columns": ["id", "id"]}]"#, "names a column twice"),
            Field(
                #""reads": [{"table": "shop.a", "columns": ["id"]}, {"table": "shop.a", "columns": ["b"]}]"#,
                "names a table twice"),
        ])
    func reads(field: Field) async throws { try await expect(field, requires: ["shop"]) }

    private func expect(_ field: Field, requires: [String] = []) async throws {
        let manifest = PluginsFolder.manifest("sample", requires: requires).replacing(
            #""tables": []"#, with: #""tables": [], \#(field.testDescription)"#)
        let reason = try await Self.reason(manifest)
        if let names = field.names {
            #expect(reason?.contains(names) == true, "\(reason as Any)")
        } else {
            #expect(reason == nil)
        }
    }

    @Test("Every field has its place in the reference of plugin.json")
    func reference() throws {
        let home = try Installation.find(environment: [:]).home
        let page = try String(
            contentsOfFile: "\(home)/Sources/PluginKit/PluginKit.docc/PluginJSON.md", encoding: .utf8)
        let missing = Manifest.schema.fields.map(\.name).filter {
            !page.contains("`\($0)`") && !page.contains("\n## \($0)\n")
        }
        #expect(missing == [])
    }
}
