@_spi(Kernel) internal import PluginKit

/// A header of requests that operations take, described once for all of them.
enum HeaderParameter: String, CaseIterable, Sendable {
    case idempotencyKey = "Idempotency-Key"
    case ifMatch = "If-Match"
    case ifNoneMatch = "If-None-Match"
    case ifRange = "If-Range"
    case range = "Range"

    /// Those that have an effect on a route.
    static func taken(by route: Route) -> [HeaderParameter] {
        allCases.filter { $0.isTaken(by: route) }
    }

    private func isTaken(by route: Route) -> Bool {
        switch self {
        case .idempotencyKey: IdempotencyHeader.isTaken(by: route)
        case .ifMatch: route.takesIfMatch
        case .ifNoneMatch: EntityTag.isGiven(by: route)
        case .ifRange, .range: route.isDownload
        }
    }

    /// What stands among the parameters of an operation.
    var reference: JSONValue { ["$ref": .string("#/components/parameters/\(component)")] }

    /// All of them, as they stand among the components.
    static let components = JSONValue.object(allCases.map { .init($0.component, $0.json) })

    private var component: String { rawValue.replacing("-", with: "") }

    private var json: JSONValue {
        [
            "name": .string(rawValue), "in": "header", "required": false, "description": .string(description),
            "schema": schema, "example": .string(example),
        ]
    }

    /// It takes exactly what the server takes. Of the last three the server ignores what has another form, as
    /// RFC 9110 says (§13.1.2, §13.1.5, §14.2).
    private var schema: JSONValue {
        switch self {
        case .idempotencyKey:
            [
                "type": "string", "minLength": 1, "maxLength": .integer(Int64(IdempotencyHeader.maximumLength)),
                "pattern": "^[!-~]*$",
            ]
        case .ifMatch: ["type": "string", "pattern": .string(HeaderParameter.tags)]
        case .ifNoneMatch, .ifRange, .range: ["type": "string"]
        }
    }

    /// `*`, or entity tags between commas, of which some may be missing (RFC 9110 §5.6.1, §8.8.3).
    private static let tags: String = {
        let tag = #"(W/)?"[^\x00-\x20"\x7F]*""#
        return #"^(\*|(,[ \t]*)*(\#(tag)([ \t]*,([ \t]*\#(tag))?)*)?)$"#
    }()

    private var description: String {
        switch self {
        case .idempotencyKey:
            """
            For a day the same request under the same key is not done again and gets the same answer; another request \
            under it gets 409.
            """
        case .ifMatch: "ETags of which what is changed must have one, or 412; * stands for any."
        case .ifNoneMatch: "ETags of what the caller has: 304 when the answer has one of them."
        case .ifRange: "The ETag of what a range is wanted of; all bytes when it is another by now."
        case .range: "One range of bytes, which 206 answers; what has another form is ignored."
        }
    }

    private var example: String {
        switch self {
        case .idempotencyKey: "0192f0c1-7a00-7000-8000-0000000000ab"
        case .ifMatch, .ifNoneMatch: "\"1795231052123456\""
        case .ifRange: "\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\""
        case .range: "bytes=0-1023"
        }
    }
}
