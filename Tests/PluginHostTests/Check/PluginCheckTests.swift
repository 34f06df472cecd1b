import Foundation
import Platform
import PluginHost
import TestKit
import Testing

@Suite("Plugin check")
struct PluginCheckTests {
    /// A change of the sample that is wrong, and what the finding must say.
    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let file: String
        let original: String
        let replacement: String
        let says: String
    }

    private static let wrongs: [Fault] = [
        Fault(
            testDescription: "a permission that no route may need", file: "plugin.json",
            original: #""id": "sample.write""#, replacement: #""id": "sample.other""#,
            says: "needs sample.write, which plugin.json does not declare"),
        Fault(
            testDescription: "a route outside of the mounts", file: "plugin.json", original: #"["/sample"]"#,
            replacement: #"["/other"]"#, says: "lies outside of the mounts"),
        Fault(
            testDescription: "a mount of the kernel", file: "plugin.json", original: #"["/sample"]"#,
            replacement: #"["/sample", "/operator/x"]"#, says: "belongs to the kernel"),
        Fault(
            testDescription: "a command that the code does not offer", file: "plugin.json",
            original: #"["sample.pin"]"#, replacement: #"["sample.pin", "sample.go"]"#,
            says: #"declares ["sample.go", "sample.pin"]"#),
        Fault(
            testDescription: "a hook that the code does not have", file: "plugin.json",
            original: #""id": "sample.note""#, replacement: #""id": "sample.other""#,
            says: #"has the hooks ["sample.note"], and plugin.json declares ["sample.other"]"#),
        Fault(
            testDescription: "a table that no migration makes", file: "plugin.json", original: #"{"name": "notes"}"#,
            replacement: #"{"name": "notes"}, {"name": "more"}"#, says: "declares the table more"),
        Fault(
            testDescription: "a table that is not declared", file: "migrations/0001_notes.sql",
            original: "CREATE TRIGGER", replacement: "CREATE TABLE sample.extra (a int);\nCREATE TRIGGER",
            says: "makes sample.extra, which plugin.json does not declare"),
        Fault(
            testDescription: "another module's schema", file: "migrations/0001_notes.sql",
            original: "CREATE TRIGGER", replacement: "create table if not exists core.extra (a int);\nCREATE TRIGGER",
            says: "makes core.extra; a plugin touches its own schema"),
        Fault(
            testDescription: "code in the schema", file: "migrations/0001_notes.sql", original: "CREATE TRIGGER",
            replacement: "create or replace function sample.spy() RETURNS trigger AS '';\nCREATE TRIGGER",
            says: "says CREATE FUNCTION; a module's schema holds data and no code"),
        Fault(
            testDescription: "personal data of which nothing is said", file: "plugin.json",
            original: #"{"name": "notes"}"#, replacement: #"{"name": "notes", "customer": "author_id"}"#,
            says: "personal_data does not say"),
        Fault(
            testDescription: "a slot without its script", file: "plugin.json", original: #""panel.js""#,
            replacement: #""none.js""#, says: "needs assets/none.js"),
        Fault(
            testDescription: "a slot with a permission that is none", file: "plugin.json",
            original: #""permission": "sample.read""#, replacement: #""permission": "sample.rule""#,
            says: "needs sample.rule"),
        Fault(
            testDescription: "settings that are not understood", file: "plugin.json",
            original: #""maxLength": 200, "default""#, replacement: #""pattern": "a", "default""#,
            says: "/settings/properties/greeting/pattern"),
        Fault(
            testDescription: "another PluginKit", file: "plugin.json", original: #""pluginkit": "1""#,
            replacement: #""pluginkit": ">=2.1""#, says: "mismatch: expected PluginKit >=2.1, found 1.0; fix: upgrade"),
        Fault(
            testDescription: "versions that are none", file: "plugin.json", original: #""pluginkit": "1""#,
            replacement: #""pluginkit": "latest""#, says: "pluginkit: expected versions such as 1, 1.2 or >=1.0 <2"),
    ]

    private func findings(_ edit: (String) throws -> Void) async throws -> [PluginCheck.Finding] {
        let sample = try await blocking { try SamplePlugin.folder() }
        return try await PluginsFolder.with { folder in
            let path = "\(folder.path)/Sample"
            try FileManager.default.copyItem(atPath: sample, toPath: path)
            try edit(path)
            return PluginCheck.run(try #require(PluginFolder(at: path)), reserved: Platform.reservedMounts)
        }
    }

    @Test("The sample is without fault")
    func sample() async throws {
        #expect(try await findings { _ in }.isEmpty)
    }

    @Test("What is wrong is found and named", arguments: wrongs)
    func faults(fault: Fault) async throws {
        let findings = try await findings { path in
            let file = URL(fileURLWithPath: "\(path)/\(fault.file)")
            let text = try String(contentsOf: file, encoding: .utf8)
            try #require(text.contains(fault.original))
            try Data(text.replacing(fault.original, with: fault.replacement).utf8).write(to: file)
        }
        #expect(findings.contains { $0.isError && $0.text.contains(fault.says) }, "\(findings)")
    }

    @Test("Files that must not be served are refused", arguments: ["page.html", "run.sh", ".hidden.js", "a b.js"])
    func assets(name: String) async throws {
        let findings = try await findings { path in
            try Data("x".utf8).write(to: URL(fileURLWithPath: "\(path)/assets/\(name)"))
        }
        #expect(findings.contains { $0.isError && $0.text.contains("assets/\(name)") }, "\(findings)")
    }

    @Test("A link out of the assets is refused")
    func links() async throws {
        let findings = try await findings { path in
            try FileManager.default.createSymbolicLink(
                atPath: "\(path)/assets/passwd.json", withDestinationPath: "/etc/passwd")
        }
        #expect(findings.contains { $0.isError && $0.text.contains("no regular file") }, "\(findings)")
    }
}
