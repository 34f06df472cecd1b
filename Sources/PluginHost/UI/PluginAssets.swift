internal import Cryptography
internal import Foundation

/// The files below a plugin's `assets`, read once: no path of a request ever reaches the disk.
package struct PluginAssets: Sendable {
    /// A file as it is served.
    package struct File: Sendable {
        /// Its path below `assets`, such as `panel.js`.
        package let path: String
        package let type: String
        package let bytes: [UInt8]
    }

    package let files: [File]
    /// Names this very set of files, so that browsers may keep them for ever.
    package let digest: String

    /// A plugin without files.
    static let none = PluginAssets(files: [])

    private static let maximumCount = 200
    private static let maximumByteCount = 16 << 20
    /// What may be served. No HTML: a page of a plugin would be a page of the platform's own address.
    private static let types = [
        "js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "json": "application/json",
        "png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "woff2": "font/woff2",
        "svg": "image/svg+xml",
    ]

    private init(files: [File]) {
        self.files = files
        let names = files.map { "\($0.path)\n\(Hex.encode(SHA256.digest($0.bytes)))\n" }.joined()
        digest = Hex.encode(Array(SHA256.digest(names).prefix(8)))
    }

    /// - Throws: `PluginRefusal` that names the file which cannot be served.
    static func read(_ folder: String) throws(PluginRefusal) -> PluginAssets {
        guard FileManager.default.fileExists(atPath: folder) else { return .none }
        let names = (FileManager.default.subpaths(atPath: folder) ?? []).sorted()
        var (files, size): ([File], Int) = ([], 0)
        for name in names {
            let path = "\(folder)/\(name)"
            let attributes = try? FileManager.default.attributesOfItem(atPath: path)
            switch attributes?[.type] as? FileAttributeType {
            case .typeDirectory?: continue
            case .typeRegular?: break
            default: throw PluginRefusal(.assetRefused, "assets/\(name) is no regular file")
            }
            guard let type = types[URL(fileURLWithPath: name).pathExtension], isPlain(name) else {
                throw PluginRefusal(
                    .assetRefused,
                    "assets/\(name) must be named by letters, digits, points, hyphens and underscores, and end in one of "
                        + types.keys.sorted().joined(separator: ", "))
            }
            guard let data = FileManager.default.contents(atPath: path) else {
                throw PluginRefusal(.assetRefused, "assets/\(name) cannot be read")
            }
            size += data.count
            guard files.count < maximumCount, size <= maximumByteCount else {
                throw PluginRefusal(.assetRefused, "assets hold more than 200 files or 16 MiB")
            }
            files.append(File(path: name, type: type, bytes: Array(data)))
        }
        return PluginAssets(files: files)
    }

    private static func isPlain(_ path: String) -> Bool {
        path.split(separator: "/").allSatisfy { !$0.hasPrefix(".") }
            && path.utf8.allSatisfy { byte in
                (97...122).contains(byte) || (65...90).contains(byte) || (48...57).contains(byte)
                    || [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "/")].contains(byte)
            }
    }
}

extension Manifest {
    /// Refuses slots whose script is not there.
    func requireScripts(in assets: PluginAssets) throws(PluginRefusal) {
        for slot in ui.slots where !assets.files.contains(where: { $0.path == slot.script }) {
            throw PluginRefusal(.assetRefused, "the slot \(slot.slot) needs assets/\(slot.script), which is not there")
        }
    }
}
