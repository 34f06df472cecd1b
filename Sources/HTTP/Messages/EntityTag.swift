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

    /// Whether a route's answers have tags, so that `If-None-Match` may name them; see `Answer`.
    static func isGiven(by route: Route) -> Bool {
        guard route.method == "GET" else { return false }
        return switch route.medium {
        case .json: route.answer != nil && !route.isForBrowsers && (!route.isList || route.access == .visitor)
        case .download, .page: true
        case .raw, .export: false
        }
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

    /// The versions of which `If-Match` expects one (section 13.1.1); nil when the header is missing or `*`. A tag that
    /// is weak, or none of this API's, is no version's.
    ///
    /// - Throws: `Problem` 400 for what is no list of tags, and where the route compares none.
    static func expectedVersions(_ header: String?, _ route: Route) throws -> [Timestamp]? {
        guard let header, route.method != "GET" else { return nil }
        guard route.takesIfMatch else {
            throw Problem(
                status: 400, code: "if_match_unsupported",
                detail: "This route compares no versions; leave If-Match out.")
        }
        let text = Substring(header).trimmingSpaces
        if text == "*" { return nil }
        guard let tags = strongTags(of: text) else {
            throw Problem(
                status: 400, code: "if_match_invalid", detail: "If-Match takes ETags with commas between them, or *.")
        }
        return tags.compactMap { tag -> Timestamp? in
            // A tag is compared character by character: 01 is not 1.
            guard let number = Int64(tag), String(number) == tag else { return nil }
            return Timestamp(microseconds: number)
        }
    }

    /// The strong ones among tags with commas between them, without their quotes (sections 5.6.1 and 8.8.3); nil for
    /// what is no such list.
    private static func strongTags(of list: Substring) -> [String]? {
        let quote = UInt8(ascii: "\"")
        var rest = Array(list.utf8)[...]
        var tags: [String] = []
        var isSeparated = true
        while let byte = rest.first {
            if [UInt8(ascii: ","), UInt8(ascii: " "), UInt8(ascii: "\t")].contains(byte) {
                isSeparated = isSeparated || byte == UInt8(ascii: ",")
                rest.removeFirst()
                continue
            }
            let isWeak = rest.starts(with: "W/".utf8)
            if isWeak { rest.removeFirst(2) }
            guard isSeparated, rest.popFirst() == quote else { return nil }
            let tag = rest.prefix { $0 == 0x21 || (0x23...0x7E).contains($0) || $0 >= 0x80 }
            rest.removeFirst(tag.count)
            guard rest.popFirst() == quote else { return nil }
            if !isWeak { tags.append(String(decoding: tag, as: UTF8.self)) }
            isSeparated = false
        }
        return tags
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
