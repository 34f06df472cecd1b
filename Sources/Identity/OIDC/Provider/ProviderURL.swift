internal import Foundation
internal import Outbound

/// An address that a provider may have: https, without user, query and fragment; http on this machine where the
/// operator allows it.
struct ProviderURL: Sendable {
    /// The longest address, in bytes.
    static let maximumByteCount = 2048

    let text: String
    /// The host without brackets.
    let host: String
    let isSecure: Bool

    /// - Parameter allowsQuery: endpoints may have one, issuers not.
    init?(_ text: String, _ settings: OIDCSettings, allowsQuery: Bool = true) {
        let isPlain = text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }
        guard isPlain, text.utf8.count <= ProviderURL.maximumByteCount, let parts = URLComponents(string: text),
            let host = parts.host, !host.isEmpty, parts.user == nil, parts.password == nil, parts.fragment == nil,
            allowsQuery || parts.query == nil, !text.contains("#"), allowsQuery || !text.contains("?")
        else { return nil }
        let name = host.withoutBrackets
        let isLocal = ["localhost", "127.0.0.1", "::1"].contains(name)
        guard parts.scheme == "https" || parts.scheme == "http" && isLocal && settings.allowsInsecure else {
            return nil
        }
        self.text = text
        self.host = name
        isSecure = parts.scheme == "https"
    }
}
