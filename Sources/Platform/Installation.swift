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
        let home = if let home = environment["ROMASHKA_HOME"] { try given(home) } else { try nearest() }
        return Installation(
            home: home, folders: SchemaFolders(migrations: "\(home)/migrations", policies: "\(home)/policies"),
            plugins: plugins ?? environment["ROMASHKA_PLUGINS"] ?? "\(home)/Plugins",
            libraries: [ThisProgram.folder, "\(home)/lib", "\(home)/.build/debug"])
    }

    private static func given(_ home: String) throws(ConfigurationError) -> String {
        guard isHome(home) else { throw .nowhere }
        return home
    }

    private static func nearest() throws(ConfigurationError) -> String {
        let starts = [ThisProgram.folder, FileManager.default.currentDirectoryPath]
        // The root of all files is no installation.
        let homes = starts.flatMap { ThisProgram.upwards(from: $0).dropLast() }.filter(isHome)
        // Its plugins are loaded into this process.
        if let home = homes.first(where: ThisProgram.trusts) { return home }
        guard let passedOver = homes.first else { throw .nowhere }
        throw ConfigurationError(
            .homeUntrusted,
            "\(passedOver) has the folders migrations and policies, but others may write there; "
                + "set ROMASHKA_HOME to it if that is meant")
    }

    private static func isHome(_ path: String) -> Bool {
        ["\(path)/migrations/bootstrap", "\(path)/policies/lints"].allSatisfy {
            FileManager.default.fileExists(atPath: $0)
        }
    }
}

extension ConfigurationError {
    fileprivate static let nowhere = ConfigurationError(
        .installationMissing,
        "the folders migrations and policies are not found; set ROMASHKA_HOME to where they are")
}
