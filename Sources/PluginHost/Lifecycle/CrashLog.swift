internal import CrashReporter
internal import Foundation
package import PluginKit
internal import Tenancy

/// The file in which a dying process says whose code it was.
package struct CrashLog: Sendable {
    /// What one crash left behind.
    package struct Entry: Hashable, Sendable {
        package let module: String
        /// Whether the plugin was being loaded.
        package let isLoading: Bool
        package let signal: Int
        package let process: Int
        package let at: Timestamp
    }

    package let path: String

    /// - Parameter directory: the data directory; it is made if there is none.
    package init(in directory: String) {
        path = "\(directory)/plugin-crashes"
    }

    /// Makes this process tell of its own crash.
    ///
    /// - Throws: `CocoaError` or `POSIXError` when the file cannot be written.
    package func begin() throws {
        let directory = URL(fileURLWithPath: path).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let status = romashka_crash_begin(path)
        if status != 0 { throw POSIXError(POSIXErrorCode(rawValue: status) ?? .EIO) }
    }

    /// What earlier processes left, oldest first. Lines that are none are skipped: a crash may have cut one.
    package func entries() -> [Entry] {
        let data = FileManager.default.contents(atPath: path) ?? Data()
        return String(decoding: data, as: UTF8.self).split(separator: "\n").compactMap(CrashLog.entry)
    }

    /// Forgets what was read, up to what came meanwhile.
    package func clear() throws {
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.truncate(atOffset: 0)
        try file.close()
    }

    static func entry(_ line: Substring) -> Entry? {
        let words = line.split(separator: " ")
        guard words.count == 5, ModuleName(String(words[0])) != nil, ["load", "run"].contains(words[1]),
            let signal = Int(words[2]),
            (1...64).contains(signal), let seconds = Int64(words[3]), let process = Int(words[4])
        else { return nil }
        return Entry(
            module: String(words[0]), isLoading: words[1] == "load", signal: signal, process: process,
            at: Timestamp(microseconds: seconds * 1_000_000))
    }
}
