@_spi(Kernel) package import PluginKit

/// What a tenant can set for a module: the `settings` of `plugin.json`, a JSON Schema (2020-12) of an object.
///
/// A subset is understood, and anything else refused, so that no bound is silently ignored: `type` (`string`, `integer`,
/// `number`, `boolean`, `array` of strings), `enum` of strings, `minLength`, `maxLength`, `minimum`, `maximum` of
/// integers, `minItems`, `maxItems`, `items`, `default`, `title`, `description`, `writeOnly`; and on top `properties` and
/// `additionalProperties: false`. A string that is `writeOnly` is a secret: stored encrypted, shown to nobody. Since
/// nothing can be required of a tenant that just came to be, there is no `required`: give defaults.
package struct SettingsSchema: Sendable {
    /// The document, as `plugin.json` has it.
    package let document: JSONValue
    /// The settings that may be read back.
    let schema: Schema
    /// The names and bounds of those that may not.
    let secrets: Schema
    private let defaults: [String: JSONValue]
    /// What a tenant has that never set anything.
    private let initial: Record

    /// The most settings a module may have.
    private static let maximumCount = 100

    /// That of a module without settings.
    package static let none: SettingsSchema = {
        let schema = Schema("Settings", [])
        return SettingsSchema(document: ["type": "object", "properties": [:]], schema, Schema("Secrets", []), [:])
    }()

    private init(document: JSONValue, _ schema: Schema, _ secrets: Schema, _ defaults: [String: JSONValue]) {
        self.document = document
        self.schema = schema
        self.secrets = secrets
        self.defaults = defaults
        initial = schema.record(of: [:], defaults: defaults)
    }

    /// - Throws: `ManifestError` that says what is not understood, and where.
    init(_ document: JSONValue) throws(ManifestError) {
        try SettingsSchema.require(document, at: "/settings", knows: ["type", "properties", "additionalProperties"])
        let properties = document["properties"]?.members
        guard document["type"] == "object", let properties, properties.count <= SettingsSchema.maximumCount,
            document["additionalProperties"] ?? false == false
        else {
            throw ManifestError(.settingsInvalid, "/settings must be a schema of an object with at most 100 properties")
        }
        var (fields, secrets, defaults): ([Field], [Field], [String: JSONValue]) = ([], [], [:])
        for property in properties {
            let setting = try SettingDeclaration(property.name, property.value)
            if setting.isSecret { secrets.append(setting.field) } else { fields.append(setting.field) }
            defaults[property.name] = setting.initial
        }
        let schema = Schema("Settings", fields)
        let given = JSONValue.object(defaults.map { .init($0.key, $0.value) })
        if let fault = schema.faults(in: given).first {
            throw ManifestError(.settingsInvalid, "/settings/properties\(fault.pointer)/default \(fault.detail)")
        }
        self.init(document: document, schema, Schema("Secrets", secrets), defaults)
    }

    /// The settings of a tenant, with defaults for what is not set.
    ///
    /// - Parameter stored: nil when nothing is.
    package func record(of stored: JSONValue?) -> Record {
        stored.map { schema.record(of: $0, defaults: defaults) } ?? initial
    }

    /// The same as JSON.
    func effective(_ stored: JSONValue?) -> JSONValue {
        .object(
            schema.fields.compactMap { field in
                (stored?[field.name] ?? defaults[field.name]).map { .init(field.name, $0) }
            })
    }

    /// What a tenant wants to set, in what may be read back and secrets; a secret that is null goes.
    ///
    /// - Throws: `Problem` 422 `settings_invalid` with a pointer for each wrong setting.
    func validated(_ input: JSONValue) throws -> (settings: JSONValue, secrets: [(name: String, value: String?)]) {
        let members = input.members ?? []
        let isSecret = { (name: String) in secrets.fields.contains { $0.name == name } }
        let given = members.filter { isSecret($0.name) }
        let settings = JSONValue.object(members.filter { !isSecret($0.name) })
        let faults =
            schema.faults(in: settings) + secrets.faults(in: .object(given.filter { $0.value != .null }))
        guard faults.isEmpty else {
            throw Problem.validation(
                faults.map { .init(pointer: "/settings\($0.pointer)", code: $0.code, detail: $0.detail) },
                code: "settings_invalid")
        }
        return (try schema.validated(settings, at: "/settings"), given.map { ($0.name, $0.value.string) })
    }

    static func require(_ value: JSONValue, at pointer: String, knows words: [String]) throws(ManifestError) {
        guard let members = value.members else { throw ManifestError(.settingsInvalid, "\(pointer) must be an object") }
        if let other = members.first(where: { !words.contains($0.name) }) {
            throw ManifestError(
                .settingsInvalid, "\(pointer)/\(other.name) is not among: \(words.joined(separator: ", "))")
        }
    }
}
