internal import Foundation
internal import PluginABI

/// What a plugin's shared library says of itself as a file, before any of it is loaded.
package struct LibraryFile: Sendable {
    /// How a library of Swift names the description of a type that it defines: mangled, module first.
    private static let typeSuffix = "Mn"
    private static let kitPrefix = "$s9PluginKit"
    private static let fingerprintPrefix = "romashka-plugin-abi:"

    private let bytes: Data

    /// Nil when it cannot be read.
    package init?(_ path: String) {
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe) else { return nil }
        bytes = data
    }

    /// The fingerprint that was compiled in; nil without one.
    package var fingerprint: String? {
        guard let range = bytes.range(of: Data(LibraryFile.fingerprintPrefix.utf8)) else { return nil }
        let end = bytes[range.lowerBound...].prefix(1024).firstIndex(of: 0) ?? range.upperBound
        return String(decoding: bytes[range.lowerBound..<end], as: UTF8.self)
    }

    /// Refuses another fingerprint than this process has.
    ///
    /// - Throws: `PluginRefusal`, as `requireFit`.
    static func require(_ found: String) throws(PluginRefusal) {
        let expected = String(cString: romashka_host_fingerprint())
        guard found == expected else {
            throw PluginRefusal(
                .mismatch,
                "built against another PluginKit or by another compiler; expected \(expected), found \(found); "
                    + "fix: build the plugin again with this installation's PluginKit")
        }
    }

    /// The types of PluginKit that the library defines itself: with any of them, casts between host and plugin fail.
    package var ownKitTypes: [String] {
        ElfSymbols(bytes).defined.filter {
            $0.hasPrefix(LibraryFile.kitPrefix) && $0.hasSuffix(LibraryFile.typeSuffix)
        }
    }

    /// Refuses a library that this process must not load.
    ///
    /// - Throws: `PluginRefusal` with what was expected, what was found and how to mend it.
    package func requireFit() throws(PluginRefusal) {
        if let found = fingerprint { try LibraryFile.require(found) }
        if let own = ownKitTypes.first {
            throw PluginRefusal(
                .mismatch,
                "expected to share PluginKit with this process, found a second copy inside (\(own)); "
                    + "fix: depend on the product PluginKit, which is a dynamic library, and on nothing else")
        }
    }
}
