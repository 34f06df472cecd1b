internal import CrashReporter
internal import Glibc
@_spi(Kernel) internal import PluginKit

/// Opens a plugin's shared library and takes its code in.
///
/// A library is never closed again: a cast anywhere in the process would then read unmapped metadata.
enum PluginLibrary {
    /// Checks the file (built against this very PluginKit, by this very compiler, without a copy of it), and only then
    /// loads it and calls into it. Code that traps, ends the process or takes longer than `limit` meanwhile ends the
    /// process by a signal, which the crash log tells of.
    ///
    /// - Throws: `PluginRefusal` with what was expected, what was found and how to mend it.
    static func load(
        _ path: String, of module: String, within limit: Duration = PluginWall.Limits().loading
    ) throws(PluginRefusal) -> Plugin {
        guard let file = LibraryFile(path) else { throw PluginRefusal(.notLoadable, "the library cannot be read") }
        try file.requireFit()
        let watch = romashka_crash_begin_load(module, UInt32(clamping: limit.components.seconds))
        defer { romashka_crash_end_load(watch) }
        guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            throw PluginRefusal(
                .notLoadable, "the library cannot be opened: \(dlerror().map { String(cString: $0) } ?? "?")")
        }
        guard let symbol = dlsym(handle, "romashka_plugin_fingerprint") else {
            throw PluginRefusal(
                .mismatch, "the library has no fingerprint; fix: build it with the product PluginABI linked in")
        }
        typealias Fingerprint = @convention(c) () -> UnsafePointer<CChar>?
        try LibraryFile.require(
            unsafeBitCast(symbol, to: Fingerprint.self)().map { String(cString: $0) } ?? "nothing")
        guard let entry = dlsym(handle, "romashka_plugin") else {
            throw PluginRefusal(
                .mismatch,
                "expected an entry point romashka_plugin, found none; fix: export it as the template does, with @c")
        }
        typealias Entry = @convention(c) () -> UnsafeMutableRawPointer
        let plugin = Plugin.at(unsafeBitCast(entry, to: Entry.self)())
        // Not before: what the entry point does wrong is done at each start, and is no fault of a request.
        _ = romashka_crash_note_image(module, path)
        return plugin
    }
}

/// Why a plugin is paused.
package struct PluginRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// Stable words for the reasons.
    package enum Code: String, Sendable {
        case manifestInvalid = "manifest_invalid"
        case libraryMissing = "library_missing"
        case notLoadable = "not_loadable"
        case mismatch
        case undeclared
        case conflict
        case requirementMissing = "requirement_missing"
        case notMigrated = "not_migrated"
        case crashes
        case assetRefused = "asset_refused"
    }

    package let code: Code
    package let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    package var description: String { "\(code.rawValue): \(detail)" }
}
