/// A version of PluginKit: the first number changes with what plugins could rely on, the second with what is added.
package struct PluginKitVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let major: Int
    package let minor: Int

    /// This installation's.
    package static let current = PluginKitVersion(major: 1, minor: 0)

    package init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// One or two numbers, such as `1` or `1.4`; nil for anything else.
    init?(_ text: Substring) {
        let numbers = text.split(separator: ".", omittingEmptySubsequences: false).map { word -> Int? in
            word.utf8.count <= 4 && word.utf8.allSatisfy { (48...57).contains($0) } ? Int(word) : nil
        }
        guard (1...2).contains(numbers.count), let major = numbers[0], let minor = numbers.count == 2 ? numbers[1] : 0
        else { return nil }
        self.init(major: major, minor: minor)
    }

    package var description: String { "\(major).\(minor)" }

    package static func < (left: PluginKitVersion, right: PluginKitVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }
}

/// Which versions of PluginKit a plugin is made for: `1` and `1.2` are that and all later ones of the same first
/// number; else bounds with spaces between them, such as `>=1.0 <2`.
package struct PluginKitRange: Hashable, Sendable, CustomStringConvertible {
    /// One end of it.
    private struct Bound: Hashable {
        /// `>=`, `>`, `<`, `<=` or `=`.
        let relation: String
        let version: PluginKitVersion

        func holds(for other: PluginKitVersion) -> Bool {
            switch relation {
            case ">=": other >= version
            case ">": other > version
            case "<": other < version
            case "<=": other <= version
            default: other == version
            }
        }
    }

    /// What `plugin.json` says.
    package let description: String
    private let bounds: [Bound]

    /// Nil when `text` cannot be read.
    package init?(_ text: String) {
        description = text
        let words = text.split(separator: " ")
        if words.count == 1, let least = PluginKitVersion(words[0]) {
            let next = PluginKitVersion(major: least.major + 1, minor: 0)
            bounds = [Bound(relation: ">=", version: least), Bound(relation: "<", version: next)]
            return
        }
        let read = words.compactMap { word -> Bound? in
            let relation = word.prefix { "<>=".contains($0) }
            guard [">=", ">", "<", "<=", "="].contains(relation),
                let version = PluginKitVersion(word.dropFirst(relation.count))
            else { return nil }
            return Bound(relation: String(relation), version: version)
        }
        guard !words.isEmpty, read.count == words.count else { return nil }
        bounds = read
    }

    /// Whether a plugin for this range may be loaded by that version.
    package func contains(_ version: PluginKitVersion) -> Bool {
        bounds.allSatisfy { $0.holds(for: version) }
    }

    /// Whether it begins only after that version.
    fileprivate func isNewer(than version: PluginKitVersion) -> Bool {
        bounds.contains { [">=", ">", "="].contains($0.relation) && $0.version >= version && !$0.holds(for: version) }
    }
}

extension Manifest {
    /// Refuses a plugin that is made for another PluginKit than this process has.
    ///
    /// - Throws: `PluginRefusal` with what was expected, what was found and how to mend it.
    func requireKit(_ found: PluginKitVersion = .current) throws(PluginRefusal) {
        guard !kit.contains(found) else { return }
        let fix =
            kit.isNewer(than: found)
            ? "upgrade this installation, or take an older version of the plugin"
            : "take a newer version of the plugin, or build it for PluginKit \(found) and say so in plugin.json"
        throw PluginRefusal(.mismatch, "expected PluginKit \(kit), found \(found); fix: \(fix)")
    }
}
