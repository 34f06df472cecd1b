import PluginKit
import TestKit
import Testing

@testable import PluginHost

@Suite("Settings schema")
struct SettingsSchemaTests {
    private static let sample: JSONValue = [
        "type": "object",
        "properties": [
            "word": ["type": "string", "minLength": 2, "maxLength": 5, "default": "one"],
            "mode": ["type": "string", "enum": ["a", "b"], "default": "a"],
            "count": ["type": "integer", "minimum": 1, "maximum": 9],
            "share": ["type": "number"],
            "on": ["type": "boolean", "default": false],
            "hosts": ["type": "array", "items": ["type": "string", "minLength": 1], "maxItems": 2, "default": []],
            "key": ["type": "string", "minLength": 4, "writeOnly": true],
        ],
    ]

    @Test("What is not set has its default, or is not there")
    func defaults() throws {
        let schema = try SettingsSchema(Self.sample)
        let record = schema.record(of: nil)
        #expect(try record["word"] == "one")
        #expect(try record["count"] as Int? == nil)
        #expect(try schema.record(of: ["word": "two", "count": 3])["count"] == 3)
        #expect(try schema.record(of: ["share": 0.5])["share"] == 0.5)
        #expect(schema.effective(["word": "two"]) == ["word": "two", "mode": "a", "on": false, "hosts": []])
    }

    @Test("Settings and secrets are told apart; null takes a secret away")
    func secrets() throws {
        let schema = try SettingsSchema(Self.sample)
        let (settings, secrets) = try schema.validated(["word": "two", "key": "abcd"])
        #expect(settings == ["word": "two"] && secrets.map(\.name) == ["key"] && secrets.map(\.value) == ["abcd"])
        #expect(try schema.validated(["key": .null]).secrets.map(\.value) == [nil])
    }

    @Test(
        "P5: Each wrong setting is named",
        arguments: [
            ["word": "a"], ["word": "too long"], ["mode": "c"], ["count": 0], ["count": 1.5], ["on": "yes"],
            ["hosts": ["a", "b", "c"]], ["hosts": [""]], ["key": "abc"], ["key": 7], ["other": 1], ["word": .null],
        ] as [JSONValue])
    func faults(settings: JSONValue) throws {
        let schema = try SettingsSchema(Self.sample)
        let problem = #expect(throws: Problem.self) { try schema.validated(settings) }
        let name = try #require(settings.members?.first?.name)
        #expect(problem?.errors.first?.pointer.hasPrefix("/settings/\(name)") == true)
    }

    @Test(
        "A schema that is not understood is refused, and says where",
        arguments: [
            (["type": "array"], "/settings"), (["type": "object", "properties": [:], "required": ["a"]], "/required"),
            (property(["type": "string", "pattern": "a"]), "/a/pattern"), (property(["type": "object"]), "/a/type"),
            (property(["type": "string", "maxLength": -1]), "/a/maxLength"),
            (property(["type": "integer", "minimum": 2, "maximum": 1]), "/a/minimum"),
            (property(["type": "integer", "default": "one"]), "/a/default"),
            (property(["type": "string", "writeOnly": true, "default": "x"]), "/a is writeOnly"),
            (property(["type": "array", "items": ["type": "integer"]]), "/a/items"),
            (["type": "object", "properties": ["A b": ["type": "string"]]], "/A b"),
        ] as [(JSONValue, String)])
    func refusals(document: JSONValue, names: String) {
        let error = #expect(throws: ManifestError.self) { try SettingsSchema(document) }
        #expect(error?.code == .settingsInvalid && error?.detail.contains(names) == true, "\(error as Any)")
    }

    @Test(
        "A word that would be ignored is refused, and named",
        arguments: [
            (["type": "array", "items": ["type": "string", "writeOnly": true]], "/a/items/writeOnly"),
            (["type": "array", "items": ["type": "string", "writeOnly": false]], "/a/items/writeOnly"),
            (["type": "array", "items": ["type": "string", "default": "x"]], "/a/items/default"),
            (["type": "array", "items": ["type": "string", "enum": ["x"], "default": "x"]], "/a/items/default"),
            (["type": "array", "items": ["type": "string", "enum": ["x"], "minLength": 1]], "/a/items/minLength"),
            (["type": "string", "writeOnly": "true"], "/a/writeOnly"),
            (["type": "string", "writeOnly": 1], "/a/writeOnly"),
            (["type": "string", "writeOnly": .null], "/a/writeOnly"),
            (["type": "integer", "writeOnly": 0], "/a/writeOnly"),
            (["type": "string", "enum": ["x"], "minLength": 1], "/a/minLength"),
            (["type": "string", "enum": ["x"], "maxLength": 5], "/a/maxLength"),
            (["type": "string", "enum": ["x"], "pattern": "x"], "/a/pattern"),
            (["type": "string", "enum": ["x"], "format": "email"], "/a/format"),
        ] as [(JSONValue, String)])
    func ignored(schema: JSONValue, names: String) {
        let error = #expect(throws: ManifestError.self) { try SettingsSchema(Self.property(schema)) }
        #expect(error?.code == .settingsInvalid && error?.detail.contains(names) == true, "\(error as Any)")
    }

    @Test("Items and strings with a list of words may have a title and a description")
    func described() throws {
        let words: JSONValue = [
            "type": "string", "enum": ["x"], "title": "A", "description": "B", "default": "x", "writeOnly": false,
        ]
        let items: JSONValue = ["type": "string", "enum": ["x"], "title": "A", "description": "B"]
        #expect(try SettingsSchema(Self.property(words)).secrets.fields.isEmpty)
        #expect(try SettingsSchema(Self.property(["type": "array", "items": items])).schema.fields.count == 1)
    }

    private static func property(_ schema: JSONValue) -> JSONValue {
        ["type": "object", "properties": ["a": schema]]
    }
}
