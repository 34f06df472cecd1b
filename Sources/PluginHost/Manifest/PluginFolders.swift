package import Migrations
internal import Tenancy

/// The plugins in a directory, and which folder each module is.
///
/// Where several manifests say the same id, as when somebody keeps a copy beside a plugin, the first folder by name is the
/// module, for all who ask. Of the others nothing is run and nothing is believed.
package struct PluginFolders: Sendable {
    /// A folder whose module is another folder.
    package struct Twin: Sendable {
        package let folder: PluginFolder
        /// What is wrong with it, and what helps.
        package let detail: String
    }

    /// Every folder, by name; twins and those whose manifest cannot be read too.
    package let all: [PluginFolder]
    /// The folders that are left out.
    package let twins: [Twin]

    package init(in directory: String) {
        let all = PluginFolder.list(in: directory)
        var paths: [String: String] = [:]
        var twins: [Twin] = []
        for folder in all {
            guard let id = (try? folder.manifest.get())?.id.description else { continue }
            if let path = paths[id] {
                let detail =
                    "expected a module of its own in \(folder.path), found \(id), which \(path) is; "
                    + "fix: move one of them out of \(directory)"
                twins.append(Twin(folder: folder, detail: detail))
            } else {
                paths[id] = folder.path
            }
        }
        self.all = all
        self.twins = twins
    }

    /// The folders without twins.
    package var modules: [PluginFolder] {
        let left = Set(twins.map(\.folder.path))
        return all.filter { !left.contains($0.path) }
    }

    /// What the migrator must know of the modules.
    package var plans: [ModulePlan] { modules.compactMap(\.plan) }
}
