/// The words of a status, as RFC 9110 §15 has them.
enum StatusTitle {
    static func of(_ status: Int) -> String { titles[status] ?? "Error" }

    private static let titles = [
        400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
        408: "Request Timeout", 409: "Conflict", 412: "Precondition Failed", 413: "Content Too Large",
        415: "Unsupported Media Type", 416: "Range Not Satisfiable",
        422: "Unprocessable Content", 429: "Too Many Requests", 500: "Internal Server Error",
        502: "Bad Gateway",
        503: "Service Unavailable", 504: "Gateway Timeout",
    ]
}
