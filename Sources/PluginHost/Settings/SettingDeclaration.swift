internal import PluginKit

/// One property of a module's settings, read from its JSON Schema.
struct SettingDeclaration {
    let field: Field
    /// What holds while it is not set; nil for nothing.
    let initial: JSONValue?
    /// Whether it is stored encrypted and shown to nobody.
    let isSecret: Bool

    /// What each may say, and what the items of an array may.
    private static let common = ["type", "default", "title", "description", "writeOnly"]
    private static let commonOfItems = ["type", "title", "description"]
    private static let maximumText: Int64 = 10_000
    private static let maximumItems: Int64 = 1000

    /// - Throws: `ManifestError` that says what is not understood.
    init(_ name: String, _ schema: JSONValue) throws(ManifestError) {
        let pointer = "/settings/properties/\(name)"
        let isName = (1...63).contains(name.utf8.count) && name.first?.isLetter == true
        guard isName, name.utf8.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }) else {
            throw ManifestError(.settingsInvalid, "\(pointer) must be lower-case letters, digits and underscores")
        }
        let type = try SettingDeclaration.type(schema, at: pointer, knows: SettingDeclaration.common)
        if let writeOnly = schema["writeOnly"], writeOnly.bool == nil {
            throw ManifestError(.settingsInvalid, "\(pointer)/writeOnly must be true or false")
        }
        isSecret = schema["writeOnly"] == true
        initial = schema["default"]
        if isSecret {
            guard case .text = type, initial == nil else {
                throw ManifestError(
                    .settingsInvalid, "\(pointer) is writeOnly, so it must be a string without a default")
            }
        }
        field = Field(
            name, type, nullable: false, example: initial ?? .null, summary: schema["description"]?.string ?? "")
    }

    private static func type(
        _ schema: JSONValue, at pointer: String, knows common: [String]
    ) throws(ManifestError) -> FieldType {
        switch schema["type"]?.string {
        case "string":
            if let words = schema["enum"] {
                // The words say all: bounds beside them would hold for nothing.
                try SettingsSchema.require(schema, at: pointer, knows: common + ["enum"])
                let texts = words.array?.compactMap(\.string) ?? []
                guard !texts.isEmpty, texts.count == words.array?.count else {
                    throw ManifestError(.settingsInvalid, "\(pointer)/enum must be a list of strings")
                }
                return .oneOf(texts)
            }
            try SettingsSchema.require(schema, at: pointer, knows: common + ["enum", "minLength", "maxLength"])
            let bounds = try bounds(schema, "minLength", "maxLength", 0...maximumText, at: pointer)
            return .text(Int(bounds.lowerBound)...Int(bounds.upperBound))
        case "integer":
            try SettingsSchema.require(schema, at: pointer, knows: common + ["minimum", "maximum"])
            return .integer(try bounds(schema, "minimum", "maximum", Int64.min...Int64.max, at: pointer))
        case "number":
            try SettingsSchema.require(schema, at: pointer, knows: common)
            return .number
        case "boolean":
            try SettingsSchema.require(schema, at: pointer, knows: common)
            return .boolean
        case "array":
            try SettingsSchema.require(schema, at: pointer, knows: common + ["items", "minItems", "maxItems"])
            guard let items = schema["items"], items["type"] == "string" else {
                throw ManifestError(.settingsInvalid, "\(pointer)/items must be strings")
            }
            let bounds = try bounds(schema, "minItems", "maxItems", 0...maximumItems, at: pointer)
            return .array(
                try type(items, at: "\(pointer)/items", knows: commonOfItems),
                Int(bounds.lowerBound)...Int(bounds.upperBound))
        default:
            throw ManifestError(.settingsInvalid, "\(pointer)/type must be string, integer, number, boolean or array")
        }
    }

    private static func bounds(
        _ schema: JSONValue, _ least: String, _ most: String, _ limits: ClosedRange<Int64>, at pointer: String
    ) throws(ManifestError) -> ClosedRange<Int64> {
        func bound(_ name: String, _ standard: Int64) throws(ManifestError) -> Int64 {
            guard let value = schema[name] else { return standard }
            guard case .integer(let number) = value, limits.contains(number) else {
                throw ManifestError(
                    .settingsInvalid,
                    "\(pointer)/\(name) must be a whole number from \(limits.lowerBound) to \(limits.upperBound)")
            }
            return number
        }
        let (lower, upper) = (try bound(least, limits.lowerBound), try bound(most, limits.upperBound))
        guard lower <= upper else { throw ManifestError(.settingsInvalid, "\(pointer)/\(least) is above \(most)") }
        return lower...upper
    }
}
