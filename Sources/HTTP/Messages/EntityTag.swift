internal import Cryptography
internal import HTTPTypes
@_spi(Kernel) internal import PluginKit

/// Entity tags (RFC 9110 section 8.8.3): the version of what is answered, or a hash of it where it has none.
enum EntityTag {
    /// The tag of an answer.
    static func make(_ reply: Reply, _ bytes: [UInt8]) -> String {
        if let version = reply.version { return "\"\(version.microseconds)\"" }
        return "\"\(Base64URL.encode(Array(SHA256.digest(bytes).prefix(12))))\""
    }

    /// The tag of what anybody may have of a tenant.
    static func make(of tenant: TenantID, _ bytes: [UInt8]) -> String {
        let digest = SHA256.digest(Array("\(tenant)\n".utf8) + bytes)
        return "\"\(Base64URL.encode(Array(digest.prefix(18))))\""
    }

    /// Anybody may keep it, and asks each time whether it is still so: what is taken back is gone at once.
    static let publicCaching = "public, max-age=0, must-revalidate"

    /// Whether `If-None-Match` names the tag, compared weakly (section 13.1.2).
    static func isNamed(_ tag: String, by header: String?) -> Bool {
        guard let header, header.utf8.count <= 2048 else { return false }
        return header.split(separator: ",").contains { part in
            let named = part.trimmingSpaces
            return named == "*" || named == tag || named == "W/\(tag)"
        }
    }

    /// The version that `If-Match` expects (section 13.1.1); nil when the header is missing or `*`.
    ///
    /// - Throws: `Problem` 412 for a tag of another form, which matches nothing; 400 where the route compares none.
    static func expectedVersion(_ header: String?, _ route: Route) throws -> Timestamp? {
        guard let header, route.method != "GET" else { return nil }
        guard route.takesIfMatch else {
            throw Problem(
                status: 400, code: "if_match_unsupported",
                detail: "This route compares no versions; leave If-Match out.")
        }
        let tag = Substring(header).trimmingSpaces
        if tag == "*" { return nil }
        guard tag.count > 2, tag.first == "\"", tag.last == "\"", let number = Int64(tag.dropFirst().dropLast()) else {
            throw Problem(
                status: 412, code: "precondition_failed", detail: "If-Match takes one ETag as this API gives them.")
        }
        return Timestamp(microseconds: number)
    }
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        var text = self
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
