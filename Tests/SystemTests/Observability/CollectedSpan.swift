import PluginKit

/// A span as a collector reads it from OTLP's JSON.
struct CollectedSpan {
    let name: String
    let kind: Int64
    let trace: String
    let span: String
    let parent: String?
    let start: UInt64
    let end: UInt64
    let attributes: [String: String]
    let service: String?

    /// Every span of an export request.
    static func all(in body: [UInt8]) throws -> [CollectedSpan] {
        let request = try JSONParser.parse(body)
        return (request["resourceSpans"]?.array ?? []).flatMap { group in
            let service = attributes(group["resource"])["service.name"]
            let scopes = group["scopeSpans"]?.array ?? []
            return scopes.flatMap { $0["spans"]?.array ?? [] }.compactMap { CollectedSpan($0, service: service) }
        }
    }

    private init?(_ json: JSONValue, service: String?) {
        guard let name = json["name"]?.string, case .integer(let kind)? = json["kind"],
            let trace = json["traceId"]?.string, let span = json["spanId"]?.string,
            let start = json["startTimeUnixNano"]?.string.flatMap({ UInt64($0) }),
            let end = json["endTimeUnixNano"]?.string.flatMap({ UInt64($0) })
        else { return nil }
        self.name = name
        self.kind = kind
        self.trace = trace
        self.span = span
        self.start = start
        self.end = end
        self.service = service
        parent = json["parentSpanId"]?.string
        attributes = CollectedSpan.attributes(json)
    }

    private static func attributes(_ json: JSONValue?) -> [String: String] {
        (json?["attributes"]?.array ?? []).reduce(into: [:]) { result, item in
            guard let key = item["key"]?.string else { return }
            result[key] = item["value"]?["stringValue"]?.string ?? item["value"]?["intValue"]?.string
        }
    }
}
