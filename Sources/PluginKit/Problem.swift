/// An error a caller may see: `application/problem+json` (RFC 9457) with a stable code.
///
/// Whatever else a handler throws becomes a 500 without detail; the cause goes to the log only.
public struct Problem: Error, Sendable {
    /// The HTTP status.
    public let status: Int
    /// A stable, documented word such as `not_found`.
    public let code: String
    /// What went wrong, in one sentence without data of any tenant.
    public let detail: String
    /// What is wrong with single fields of the request.
    public let errors: [FieldError]
    /// Seconds after which trying again makes sense, sent as `Retry-After`.
    public let retryAfter: Int?

    /// A problem of its own; see the static members for the common ones.
    public init(status: Int, code: String, detail: String, errors: [FieldError] = [], retryAfter: Int? = nil) {
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.retryAfter = retryAfter
    }

    /// One field of the request and what is wrong with it.
    public struct FieldError: Hashable, Sendable {
        /// A JSON pointer (RFC 6901) into the body, or `?name` for a query parameter.
        public let pointer: String
        /// A stable word such as `required`, `type`, `unknown`, `range`.
        public let code: String
        /// A sentence for the person who reads it.
        public let detail: String

        /// A fault of one field.
        public init(pointer: String, code: String, detail: String) {
            self.pointer = pointer
            self.code = code
            self.detail = detail
        }
    }
}

extension Problem {
    /// There is nothing under this id, or nothing the caller may know of.
    public static let notFound = Problem(status: 404, code: "not_found", detail: "There is nothing here under this id.")

    /// Fields of the request are wrong.
    ///
    /// - Parameter code: another one where no schema can tell what is wrong.
    public static func validation(_ errors: [FieldError], code: String = "validation_failed") -> Problem {
        Problem(
            status: 422, code: code, detail: "Some fields are not as they must be; see errors.",
            errors: errors)
    }

    /// The request contradicts what is stored.
    public static func conflict(_ detail: String, code: String = "conflict") -> Problem {
        Problem(status: 409, code: code, detail: detail)
    }
}
