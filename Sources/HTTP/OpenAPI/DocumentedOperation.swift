internal import PluginKit

/// An operation as it is read from the document.
struct DocumentedOperation {
    let method: String
    let path: String
    let json: JSONValue

    var id: String { json.text("operationId") }
    var parameters: [JSONValue] { json["parameters"]?.array ?? [] }
    /// The way to say who one is; nil when anybody may call.
    var scheme: String? { schemes.first }
    /// The ways to say who one is, each of which will do.
    var schemes: [String] { (json["security"]?.array ?? []).compactMap { $0.members?.first?.name } }
    /// The media type object of the body.
    var requestMedia: JSONValue? { json["requestBody"]?["content"]?.members?.first?.value }

    /// A line that calls the operation with its examples.
    var curl: String {
        var line = "curl -sS"
        if method != "GET" { line += " -X \(method)" }
        line += " \"$URL\(examplePath)\""
        if scheme != nil { line += " -H \"Authorization: Bearer $TOKEN\"" }
        if let example = requestMedia?["example"] {
            let body = String(decoding: example.encoded(), as: UTF8.self)
            line += " -H 'Content-Type: application/json' -d '\(body.replacing("'", with: "'\\''"))'"
        } else if requestMedia?["schema"]?["format"] == "binary" {
            line += " -H 'Content-Type: application/octet-stream' --data-binary @FILE"
        }
        return line
    }

    private var examplePath: String {
        var path = path
        var query: [String] = []
        for parameter in parameters {
            let value = PercentEncoding.encode(DocumentedOperation.plain(parameter["example"] ?? .null))
            if parameter["in"] == "path" {
                path = path.replacing("{\(parameter.text("name"))}", with: value)
            } else if parameter["required"] == true {
                query.append("\(parameter.text("name"))=\(value)")
            }
        }
        return path + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
    }

    /// A value as a parameter has it.
    private static func plain(_ value: JSONValue) -> String {
        value.string ?? String(decoding: value.encoded(), as: UTF8.self)
    }
}

/// A JSON Schema in a few words.
enum DocumentedType {
    /// The type with its bounds; a reference is a link.
    static func html(_ schema: JSONValue) -> HTML {
        if let reference = schema["$ref"]?.string, let name = reference.split(separator: "/").last {
            return "<a href=\"#schema-\(String(name))\">\(String(name))</a>"
        }
        if let parts = schema["anyOf"]?.array { return .joined(parts.map(html), by: " or ") }
        if let constant = schema["const"]?.string { return "<code>\(constant)</code>" }
        if let words = schema["enum"]?.array {
            return .joined(words.map { "<code>\($0.string ?? "null")</code>" }, by: " ")
        }
        let types = schema["type"]?.array?.compactMap(\.string) ?? [schema.text("type")]
        let type = types.map { $0 == "string" ? schema["format"]?.string ?? $0 : $0 }.joined(separator: " or ")
        if let items = schema["items"] { return "\(type)\(bounds(schema, "minItems", "maxItems")) of \(html(items))" }
        return "\(type)\(bounds(schema, "minLength", "maxLength"))\(bounds(schema, "minimum", "maximum"))"
    }

    /// What must hold between fields.
    static func rule(_ rule: JSONValue) -> HTML {
        let alternatives = (rule["anyOf"] ?? rule["oneOf"])?.array ?? []
        let names = alternatives.compactMap { $0["required"]?.array?.first?.string }
        return """
            \(rule["oneOf"] == nil ? "At least" : "Exactly") one of \
            \(HTML.joined(names.map { "<code>\($0)</code>" }, by: ", ")).
            """
    }

    private static func bounds(_ schema: JSONValue, _ lower: String, _ upper: String) -> String {
        switch (schema[lower]?.integer, schema[upper]?.integer) {
        case (nil, nil), (Int64.min?, Int64.max?): ""
        case (nil, let maximum?): ", at most \(maximum)"
        case (let minimum?, nil): ", at least \(minimum)"
        case (let minimum?, let maximum?): ", \(minimum) to \(maximum)"
        }
    }
}

extension JSONValue {
    /// The document over several lines, two spaces a level.
    var indented: String { indented(by: "") }

    private func indented(by margin: String) -> String {
        switch self {
        case .array(let elements) where !elements.isEmpty:
            let lines = elements.map { "\(margin)  \($0.indented(by: margin + "  "))" }
            return "[\n\(lines.joined(separator: ",\n"))\n\(margin)]"
        case .object(let members) where !members.isEmpty:
            let lines = members.map { member in
                let name = String(decoding: JSONValue.string(member.name).encoded(), as: UTF8.self)
                return "\(margin)  \(name): \(member.value.indented(by: margin + "  "))"
            }
            return "{\n\(lines.joined(separator: ",\n"))\n\(margin)}"
        default: return String(decoding: encoded(), as: UTF8.self)
        }
    }
}
