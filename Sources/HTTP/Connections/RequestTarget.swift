internal import NIOHTTP1

/// The target of a request, which may name a host of its own (RFC 9112 §3.2.2).
enum RequestTarget {
    /// The head of a request as it may go on: where the target names another host than `Host` does, both are fields,
    /// and whoever asks for the host sees that there are two. The layer above drops the target's.
    static func settled(_ head: HTTPRequestHead) -> HTTPRequestHead {
        guard head.uri.utf8.first != UInt8(ascii: "/"), let authority = authority(of: head.uri),
            head.headers.first(name: "Host")?.lowercased() != authority.lowercased()
        else { return head }
        var head = head
        head.headers.add(name: "Host", value: authority)
        return head
    }

    /// What stands between `://` and the path; nil where the target is a path alone.
    static func authority(of target: String) -> String? {
        let parts = target.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].contains("/"), !parts[0].contains("?") else { return nil }
        return String(parts[1].prefix { $0 != "/" && $0 != "?" && $0 != "#" })
    }
}
