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
    package func entries() -> [Entry] { CrashLog.entries(of: text()) }

    /// Takes in what earlier processes left, and forgets it afterwards. What comes meanwhile stays: other processes add to
    /// the file without asking anybody, so that nothing but what was read may go.
    ///
    /// - Throws: what `body` throws, and then nothing is forgotten; `CocoaError` when the file cannot be written.
    package func take(_ body: ([Entry]) async throws -> Void) async throws {
        let text = text()
        let entries = CrashLog.entries(of: text)
        guard !entries.isEmpty else { return }
        try await body(entries)
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.write(contentsOf: Data(repeating: UInt8(ascii: "\n"), count: text.count))
        try file.close()
    }

    private func text() -> Data { FileManager.default.contents(atPath: path) ?? Data() }

    private static func entries(of text: Data) -> [Entry] {
        String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap(entry)
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
