internal import Foundation

/// Makes a plugin to begin with: a package of its own, outside of the platform's.
package struct PluginTemplate: Sendable {
    /// Why none was made.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private let source: String
    private let pluginKit: String

    /// - Parameters:
    ///   - source: the template's folder.
    ///   - pluginKit: the package that plugins are built against.
    package init(source: String, pluginKit: String) {
        self.source = source
        self.pluginKit = pluginKit
    }

    /// Writes a plugin into a folder that is made for it.
    ///
    /// - Parameters:
    ///   - name: a type's name in Swift, such as `CallNotes`; the module is called `callnotes`.
    ///   - directory: where the folder is made.
    /// - Returns: the folder.
    /// - Throws: `Failure`.
    package func make(_ name: String, in directory: String) throws(Failure) -> String {
        guard name.wholeMatch(of: /[A-Z][A-Za-z0-9]{1,29}/) != nil else {
            throw Failure(description: "\(name) must be a capital letter and up to 29 letters and digits")
        }
        guard !ReservedWords.all.contains(name.lowercased()) else {
            throw Failure(
                description: "\(name) would be the module \(name.lowercased()), which is a word of PostgreSQL's own; "
                    + "choose another, such as \(name)Desk")
        }
        let target = "\(directory)/\(name)"
        let files = FileManager.default
        guard !files.fileExists(atPath: target) else { throw Failure(description: "\(target) is there already") }
        for needed in [source, pluginKit] where !files.fileExists(atPath: "\(needed)/Package.swift") {
            throw Failure(
                description: "\(needed) is missing; it needs the folders Template and Sources/PluginKit of the release")
        }
        do {
            for path in try files.subpathsOfDirectory(atPath: source).sorted() {
                guard !path.hasPrefix(".build"), path != "Package.resolved" else { continue }
                var isFolder: ObjCBool = false
                _ = files.fileExists(atPath: "\(source)/\(path)", isDirectory: &isFolder)
                guard !isFolder.boolValue else { continue }
                let file = URL(fileURLWithPath: "\(target)/\(path)")
                try files.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                let text = try String(contentsOfFile: "\(source)/\(path)", encoding: .utf8)
                try Data(renamed(text, name).utf8).write(to: file)
            }
        } catch {
            throw Failure(description: "\(target) cannot be written: \(error.localizedDescription)")
        }
        return target
    }

    /// The template's text for another name; in one go, so that nothing is renamed in what was put in.
    private func renamed(_ text: String, _ name: String) -> String {
        text.replacing(/\.\.\/Sources\/PluginKit|Sample|sample/) { match -> String in
            switch match.output {
            case "Sample": name
            case "sample": name.lowercased()
            default: pluginKit
            }
        }
    }
}
