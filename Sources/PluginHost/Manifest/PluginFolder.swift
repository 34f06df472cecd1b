internal import Foundation
internal import PluginKit
internal import Tenancy

/// A folder that holds a plugin: its manifest, its migrations, and where its library is.
package struct PluginFolder: Sendable {
    /// The folder's name, which is also the library's: `Knowledge` → `libKnowledge.so`.
    package let name: String
    package let path: String
    /// What the manifest says, or why it cannot be read.
    package let manifest: Result<Manifest, ManifestError>

    /// The module's name; the folder's when its manifest cannot be read.
    package var id: String { (try? manifest.get())?.id.description ?? name }

    /// Numbered SQL files.
    package var migrationsPath: String { path + "/migrations" }

    /// The plugins in `directory`, by name. A folder without `plugin.json` is no plugin.
    package static func list(in directory: String) -> [PluginFolder] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.sorted().compactMap { PluginFolder(at: "\(directory)/\($0)") }
    }

    /// The plugin in a folder; nil when there is no `plugin.json`.
    package init?(at path: String) {
        guard let data = FileManager.default.contents(atPath: path + "/plugin.json") else { return nil }
        name = URL(fileURLWithPath: path).lastPathComponent
        self.path = path
        manifest = PluginFolder.parse(Array(data))
    }

    /// The library: in the folder itself, where its own build put the newest, or among `libraries`.
    package func libraryPath(libraries: [String]) -> String? {
        func found(in folders: [String]) -> [String] {
            folders.map { "\($0)/lib\(name).so" }.filter { FileManager.default.fileExists(atPath: $0) }
        }
        // A release of long ago is not what its author has just built.
        let newest = found(in: ["\(path)/.build/release", "\(path)/.build/debug"]).max {
            PluginFolder.modified($0) < PluginFolder.modified($1)
        }
        return found(in: [path]).first ?? newest ?? found(in: libraries).first
    }

    private static func modified(_ path: String) -> Date {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return attributes?[.modificationDate] as? Date ?? .distantPast
    }

    private static func parse(_ bytes: [UInt8]) -> Result<Manifest, ManifestError> {
        do {
            return .success(try Manifest.decode(try JSONParser.parse(bytes)))
        } catch let problem as Problem {
            let faults = problem.errors.map { "\($0.pointer) \($0.detail)" }.joined(separator: "; ")
            return .failure(ManifestError(.fieldsInvalid, faults))
        } catch {
            return .failure((error as? ManifestError) ?? ManifestError(.unreadable, "\(error)"))
        }
    }
}
