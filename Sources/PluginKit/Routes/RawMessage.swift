/// What is taken by a route or a hook that reads bytes instead of JSON.
public struct RawInput: Hashable, Sendable {
    /// The largest body that may be declared, in bytes.
    public static let largestMaximum = 1 << 20

    /// The media types of bodies, in small letters and without parameters.
    public let mediaTypes: [String]
    /// The most bytes of a body.
    public let maximumSize: Int
    /// The headers that are handed on, such as that of a signature. Those that say who somebody is never are.
    public let headers: [String]

    init(mediaTypes: [String], maximumSize: Int, headers: [String]) {
        self.mediaTypes = mediaTypes.map { $0.lowercased() }
        self.maximumSize = min(max(maximumSize, 0), RawInput.largestMaximum)
        let secret: Set<String> = ["authorization", "cookie", "proxy-authorization"]
        self.headers = headers.filter { !secret.contains($0.lowercased()) }
    }

    /// Whether a body may be of the type that a header `Content-Type` names.
    @_spi(Kernel)
    public func takes(_ contentType: String?) -> Bool {
        let type = contentType?.split(separator: ";").first.map { String($0).lowercased() } ?? ""
        return mediaTypes.contains(type.filter { $0 != " " && $0 != "\t" })
    }
}

/// The body of a request as it came in, to the byte, with the headers that were asked for.
public struct RawMessage: Sendable {
    /// What the sender says it is, with its parameters.
    public let contentType: String
    /// Every byte of the body.
    public let body: [UInt8]
    private let headers: [(name: String, value: String)]

    /// For the kernel, and for tests of plugins.
    public init(contentType: String, body: [UInt8], headers: [(name: String, value: String)] = []) {
        self.contentType = contentType
        self.body = body
        self.headers = headers
    }

    /// The value of a header that was declared; nil when it was not sent, or more than once: nobody knows which of two
    /// signatures counts.
    public func header(_ name: String) -> String? {
        let values = headers.filter { $0.name.lowercased() == name.lowercased() }
        return values.count == 1 ? values[0].value : nil
    }

    /// The body as JSON.
    ///
    /// - Throws: `Problem` 400 `json_invalid`.
    public func json() throws -> JSONValue {
        do throws(JSONSyntaxError) {
            return try JSONParser.parse(body)
        } catch {
            throw Problem(status: 400, code: "json_invalid", detail: "The body is not JSON: \(error).")
        }
    }
}
