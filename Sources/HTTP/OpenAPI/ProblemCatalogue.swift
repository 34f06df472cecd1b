internal import PluginKit

/// The problems of the API as the document describes them.
enum ProblemCatalogue {
    private struct Entry {
        let code: String
        let detail: String
    }

    /// What an answer of a status says most often.
    private static let entries: [Int: Entry] = [
        400: Entry(code: "json_invalid", detail: "The body is not JSON, or the query is not encoded as it must be."),
        401: Entry(code: "unauthenticated", detail: "A valid access token is needed, as Authorization: Bearer …."),
        403: Entry(code: "forbidden", detail: "This needs a permission that the caller does not have."),
        404: Entry(code: "not_found", detail: "There is nothing here under this id."),
        408: Entry(code: "body_too_slow", detail: "The body did not arrive in time; the connection is closed."),
        409: Entry(code: "already_exists", detail: "Something with this key exists already."),
        412: Entry(code: "precondition_failed", detail: "This is not, or no longer, as If-Match says; read it again."),
        413: Entry(code: "body_too_large", detail: "The body has more bytes than this takes."),
        415: Entry(code: "media_type_unsupported", detail: "The body must be application/json."),
        416: Entry(code: "range_outside", detail: "There are no bytes in this range."),
        422: Entry(code: "validation_failed", detail: "Some fields are not as they must be; see errors."),
        429: Entry(code: "rate_limited", detail: "Too many requests; wait before the next."),
        503: Entry(code: "database_unavailable", detail: "The database cannot be reached just now."),
        504: Entry(code: "plugin_timeout", detail: "This module took too long."),
    ]

    /// The name of a status among the components: its words without spaces.
    static func name(of status: Int) -> String {
        let title = StatusTitle.of(status)
        return title == "Error" ? "Error\(status)" : title.split(separator: " ").joined()
    }

    /// The response object of a status.
    static func response(_ status: Int) -> JSONValue {
        let entry = entries[status] ?? Entry(code: "refused", detail: "\(StatusTitle.of(status)).")
        return [
            "description": .string(entry.detail),
            "headers": headers(status),
            "content": [
                "application/problem+json": [
                    "schema": ["$ref": "#/components/schemas/Problem"], "example": example(status, entry),
                ]
            ],
        ]
    }

    /// The response object of a status where people are told.
    static func page(_ status: Int) -> JSONValue {
        let entry = entries[status] ?? Entry(code: "refused", detail: "\(StatusTitle.of(status)).")
        return [
            "description": .string(entry.detail), "headers": headers(status),
            "content": ["text/html": ["schema": ["type": "string"]]],
        ]
    }

    private static func headers(_ status: Int) -> JSONValue {
        var members = Components.headers.members ?? []
        if status == 401 {
            members.append(
                .init("WWW-Authenticate", ["required": true, "schema": ["type": "string", "const": "Bearer"]]))
        }
        if [429, 503, 504].contains(status) {
            let description: JSONValue = "Seconds after which trying again makes sense."
            members.append(
                .init("Retry-After", ["description": description, "schema": ["type": "integer", "minimum": 0]]))
        }
        return .object(members)
    }

    private static func example(_ status: Int, _ entry: Entry) -> JSONValue {
        let errors: JSONValue? =
            status == 422 ? [["pointer": "/name", "code": "required", "detail": "must be given"]] : nil
        return JSONValue(members: [
            "type": .string("urn:romashka:problem:\(entry.code)"), "title": .string(StatusTitle.of(status)),
            "status": .integer(Int64(status)), "code": .string(entry.code), "detail": .string(entry.detail),
            "request_id": "0192f0c1-7a00-7000-8000-0000000000ff", "errors": errors,
        ])
    }

    /// The schemas of a problem and of one fault in it.
    static let schemas: [JSONValue.Member] = [
        .init(
            "Problem",
            [
                "type": "object",
                "description": "An error as RFC 9457 writes it.",
                "properties": [
                    "type": ["type": "string", "format": "uri", "description": "The code as a URN."],
                    "title": ["type": "string", "description": "The words of the status."],
                    "status": ["type": "integer", "minimum": 400, "maximum": 599],
                    "code": ["type": "string", "pattern": "^[a-z0-9_]+$", "description": "A stable word."],
                    "detail": ["type": "string"],
                    "request_id": ["type": "string", "minLength": 8, "maxLength": 64],
                    "errors": [
                        "type": "array", "items": ["$ref": "#/components/schemas/FieldError"], "minItems": 1,
                        "maxItems": 50,
                    ],
                ],
                "required": ["type", "title", "status", "code", "detail", "request_id"],
            ]),
        .init(
            "FieldError",
            [
                "type": "object",
                "description": "What is wrong with one field of the request.",
                "properties": [
                    "pointer": [
                        "type": "string",
                        "description": "A JSON pointer (RFC 6901) into the body, or ?name for a query parameter.",
                    ],
                    "code": ["type": "string", "pattern": "^[a-z0-9_]+$"],
                    "detail": ["type": "string"],
                ],
                "required": ["pointer", "code", "detail"],
            ]),
    ]
}
