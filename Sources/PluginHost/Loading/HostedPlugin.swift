package import PluginKit

/// A plugin as this process has it.
package struct HostedPlugin: Sendable {
    /// The life of a plugin. A paused one keeps its reason until the process starts anew.
    package enum State: Sendable {
        /// Its code is in and its routes are served. Can transition to: nothing (libraries are never closed).
        case active(Plugin)
        /// It is not served, and why. Can transition to: active, at the next start.
        case paused(PluginRefusal)
        /// An operator took it out for good. Can transition to: active, at the next start after it is installed again.
        case uninstalled
    }

    /// The folder's name.
    package let name: String
    package let path: String
    /// Nil when the manifest cannot be read.
    package let manifest: Manifest?
    package let state: State
    /// What it shows people; nothing when it does not serve.
    package let assets: PluginAssets
    /// Where its code runs.
    package let wall: PluginWall

    /// Whether an operator took it out for good.
    package var isUninstalled: Bool {
        if case .uninstalled = state { true } else { false }
    }

    /// The plugin's code, when it is served.
    package var plugin: Plugin? {
        if case .active(let plugin) = state { plugin } else { nil }
    }
}
