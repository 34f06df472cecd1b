/// What is answered to a raw message: a status and bytes of a media type, or none.
///
/// Whatever the bytes are, no browser runs them: they are sent as a document without rights.
public struct RawReply: Sendable {
    /// The status, 200 to 299; refusals are problems.
    public let status: Int
    /// The media type; nil when there is no body.
    public let contentType: String?
    /// The body.
    public let body: [UInt8]

    private init(status: Int, contentType: String?, body: [UInt8]) {
        self.status = (200...299).contains(status) ? status : 200
        self.contentType = contentType
        self.body = body
    }

    /// Bytes of a media type.
    public static func bytes(_ body: [UInt8], type: String, status: Int = 200) -> RawReply {
        RawReply(status: status, contentType: type, body: body)
    }

    /// Text, as some senders want their challenge back.
    public static func text(_ text: String, status: Int = 200) -> RawReply {
        RawReply(status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
    }

    /// JSON.
    public static func json(_ value: JSONValue, status: Int = 200) -> RawReply {
        RawReply(status: status, contentType: "application/json", body: value.encoded())
    }

    /// Nothing, with 204.
    public static let nothing = RawReply(status: 204, contentType: nil, body: [])
    /// Nothing yet, with 202.
    public static let accepted = RawReply(status: 202, contentType: nil, body: [])
}
