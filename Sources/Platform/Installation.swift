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
    /// that has both `migrations` and `policies`.
    ///
    /// - Throws: `ConfigurationError` when there are none.
    package static func find(
        environment: [String: String], plugins: String? = nil
    ) throws(ConfigurationError) -> Installation {
        let executable = URL(fileURLWithPath: ThisProgram.path).deletingLastPathComponent().path
        let starts =
            environment["ROMASHKA_HOME"].map { [$0] }
            ?? (above(executable) + above(FileManager.default.currentDirectoryPath))
        guard let home = starts.first(where: isHome) else {
            throw ConfigurationError(
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

/// What is missing or wrong before anything can run.
package struct ConfigurationError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
