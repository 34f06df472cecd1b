package import Logging
@_spi(Kernel) internal import PluginKit
package import Tenancy

/// All plugins of the process: those that serve and those that are paused with a reason.
package struct PluginRegistry: Sendable {
    package let plugins: [HostedPlugin]

    /// Loads every plugin in `directory`, in the order of what requires what. One that fails is paused; the rest serves.
    ///
    /// - Parameters:
    ///   - libraries: where libraries are found besides the plugins' own folders.
    ///   - reserved: the mounts that the kernel's own routes take.
    ///   - pending: for each module, why its schema cannot be used yet.
    ///   - uninstalled: the modules that are not to be looked at.
    ///   - pauses: the modules that are paused on every process; only those whose loading crashes are not loaded.
    package static func load(
        from directory: String, libraries: [String], reserved: [String] = [], pending: [String: String],
        uninstalled: Set<String> = [], pauses: [String: PluginPause] = [:], limits: PluginWall.Limits = .init(),
        logger: Logger
    ) -> PluginRegistry {
        var hosted: [HostedPlugin] = []
        var refused = pending.mapValues { PluginRefusal(.notMigrated, $0) }
        for (module, pause) in pauses where pause.code == "crashes_at_load" {
            refused[module] = PluginRefusal(.crashes, pause.detail)
        }
        let found = PluginFolders(in: directory)
        let folders = found.modules + found.twins.map(\.folder)
        for twin in found.twins { refused[twin.folder.path] = PluginRefusal(.conflict, twin.detail) }
        let order = PluginOrder(
            folders.map { folder in
                // Nobody waits for what a twin requires, nor for it.
                let isTwin = refused[folder.path] != nil
                let manifest = isTwin ? nil : (try? folder.manifest.get())
                return .init(id: manifest?.id.description ?? folder.path, requires: manifest?.requires ?? [])
            })
        for (module, way) in order.cycles {
            refused[module] = PluginRefusal(.requirementMissing, "it requires itself: \(way)")
        }
        for folder in order.positions.map({ folders[$0] }) {
            if let manifest = try? folder.manifest.get(), uninstalled.contains(manifest.id.description) {
                hosted.append(absent(folder, manifest, limits))
                continue
            }
            let plugin = host(
                folder, after: hosted, libraries: libraries, reserved: reserved, refused: refused, limits)
            if case .paused(let refusal) = plugin.state {
                logger.error("plugin paused", metadata: ["plugin": "\(folder.name)", "reason": "\(refusal)"])
            }
            hosted.append(plugin)
        }
        return PluginRegistry(plugins: hosted)
    }

    /// The active plugin of a module.
    package func active(_ module: String) -> HostedPlugin? {
        plugins.first { $0.manifest?.id.description == module && $0.plugin != nil }
    }

    /// The manifests of the active plugins.
    package var activeManifests: [Manifest] {
        plugins.compactMap { $0.plugin == nil ? nil : $0.manifest }
    }

    /// The walls of all plugins, those without code too.
    package var walls: [PluginWall] { plugins.map(\.wall) }

    /// One that was taken out for good: nothing of it is read but its manifest.
    private static func absent(
        _ folder: PluginFolder, _ manifest: Manifest, _ limits: PluginWall.Limits
    ) -> HostedPlugin {
        HostedPlugin(
            name: folder.name, path: folder.path, manifest: manifest, state: .uninstalled, assets: .none,
            wall: PluginWall(name: manifest.id.description, limits: limits))
    }

    private static func host(
        _ folder: PluginFolder, after earlier: [HostedPlugin], libraries: [String], reserved: [String],
        refused: [String: PluginRefusal], _ limits: PluginWall.Limits
    ) -> HostedPlugin {
        func hosted(
            _ state: HostedPlugin.State, _ manifest: Manifest?, _ assets: PluginAssets = .none
        ) -> HostedPlugin {
            HostedPlugin(
                name: folder.name, path: folder.path, manifest: manifest, state: state, assets: assets,
                wall: PluginWall(name: manifest?.id.description ?? folder.name, limits: limits))
        }
        let manifest = try? folder.manifest.get()
        do throws(PluginRefusal) {
            let assets = try PluginAssets.read("\(folder.path)/assets")
            try manifest?.requireScripts(in: assets)
            let plugin = try load(
                folder, after: earlier, libraries: libraries, reserved: reserved, refused: refused,
                within: limits.loading)
            return hosted(.active(plugin), manifest, assets)
        } catch {
            return hosted(.paused(error), manifest)
        }
    }

    private static func load(
        _ folder: PluginFolder, after hosted: [HostedPlugin], libraries: [String], reserved: [String],
        refused: [String: PluginRefusal], within limit: Duration
    ) throws(PluginRefusal) -> Plugin {
        let manifest: Manifest
        do throws(ManifestError) {
            manifest = try folder.manifest.get()
        } catch {
            throw PluginRefusal(.manifestInvalid, error.description)
        }
        try manifest.requireKit()
        let active = hosted.filter { $0.plugin != nil }.compactMap(\.manifest)
        if let conflict = refused[folder.path] { throw conflict }
        let taken = reserved + active.flatMap(\.mounts)
        if let mount = manifest.mounts.first(where: { mount in taken.contains { overlap($0, mount) } }) {
            throw PluginRefusal(.conflict, "the path \(mount) belongs to the kernel or to another plugin")
        }
        let shown = active.flatMap(\.publicMounts)
        if let mount = manifest.publicMounts.first(where: { mount in shown.contains { overlap($0, mount) } }) {
            throw PluginRefusal(.conflict, "the public path \(mount) belongs to another plugin")
        }
        if let refusal = refused[manifest.id.description] { throw refusal }
        if let missing = manifest.requires.first(where: { name in !active.contains { $0.id.description == name } }) {
            throw PluginRefusal(.requirementMissing, "it requires the module \(missing), which is not active")
        }
        guard let path = folder.libraryPath(libraries: libraries) else {
            throw PluginRefusal(
                .libraryMissing, "lib\(folder.name).so is neither in its folder nor beside the executable")
        }
        let plugin = try PluginLibrary.load(path, of: manifest.id.description, within: limit)
        try requireDeclared(plugin, by: manifest)
        return plugin
    }

    /// Whether one of two mounts lies within the other.
    static func overlap(_ one: String, _ other: String) -> Bool {
        "\(one)/".hasPrefix("\(other)/") || "\(other)/".hasPrefix("\(one)/")
    }
}
