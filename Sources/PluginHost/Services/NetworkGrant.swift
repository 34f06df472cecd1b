/// The hosts that a plugin may speak to, as `plugin.json` names them under `network`.
package struct NetworkGrant: Sendable {
    private let patterns: [String]

    package init(_ patterns: [String]) {
        self.patterns = patterns.map { $0.lowercased() }
    }

    /// Whether a host is named: as it is, by `*.` and a part after one of its points, or by `*`.
    package func allows(_ host: String) -> Bool {
        let host = host.lowercased()
        return patterns.contains { pattern in
            if pattern == "*" || pattern == host { return true }
            return pattern.hasPrefix("*.") && host.hasSuffix(pattern.dropFirst()) && host.count >= pattern.count
        }
    }
}
