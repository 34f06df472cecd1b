internal import Foundation
package import Migrations
internal import Supervision

/// Where the files of this installation are.
package struct Installation: Sendable {
    package let folders: SchemaFolders
    /// The folder whose folders are the plugins.
    package let plugins: String
    /// Where the installation is.
    package let home: String
    /// Folders with plugins' libraries, besides the plugins' own.
    package let libraries: [String]

    /// The package that plugins are built against.
    package var pluginKit: String { "\(home)/Sources/PluginKit" }

    /// A plugin to begin with.
    package var template: String { "\(home)/Template" }

    package init(home: String, folders: SchemaFolders, plugins: String, libraries: [String]) {
        self.home = home
        self.folders = folders
        self.plugins = plugins
        self.libraries = libraries
    }

    /// The same without any plugin.
    package var withoutPlugins: Installation {
        Installation(home: home, folders: folders, plugins: "\(home)/none", libraries: [])
    }

    /// Finds the files: below `ROMASHKA_HOME`, or in the nearest folder above the executable or the working directory
    /// that has both `migrations` and `policies`, and that nobody else can have put there.
    ///
    /// - Throws: `ConfigurationError` when there are none.
    package static func find(
        environment: [String: String], plugins: String? = nil
    ) throws(ConfigurationError) -> Installation {
        let executable = URL(fileURLWithPath: ThisProgram.path).deletingLastPathComponent().path
        let nearby = above(executable) + above(FileManager.default.currentDirectoryPath)
        let home =
            if let given = environment["ROMASHKA_HOME"] { [given].first(where: isHome) }
            // Its plugins are loaded into this process.
            else { nearby.first { isHome($0) && ThisProgram.trusts($0) } }
        if home == nil, environment["ROMASHKA_HOME"] == nil, let passedOver = nearby.first(where: isHome) {
            throw ConfigurationError(
                .homeUntrusted,
                "\(passedOver) has the folders migrations and policies, but others may write there; "
                    + "set ROMASHKA_HOME to it if that is meant")
        }
        guard let home else {
            throw ConfigurationError(
                .installationMissing,
                "the folders migrations and policies are not found; set ROMASHKA_HOME to where they are")
        }
        return Installation(
            home: home, folders: SchemaFolders(migrations: "\(home)/migrations", policies: "\(home)/policies"),
            plugins: plugins ?? environment["ROMASHKA_PLUGINS"] ?? "\(home)/Plugins",
            libraries: [executable, "\(home)/lib", "\(home)/.build/debug"])
    }

    private static func isHome(_ path: String) -> Bool {
        ["\(path)/migrations/bootstrap", "\(path)/policies/lints"].allSatisfy {
            FileManager.default.fileExists(atPath: $0)
        }
    }

    private static func above(_ path: String) -> [String] {
        var paths: [String] = []
        var url = URL(fileURLWithPath: path)
        while url.path != "/" {
            paths.append(url.path)
            url.deleteLastPathComponent()
        }
        return paths
    }
}
