package import PluginKit

/// What a principal holds, from which `Permissions` decides: a built-in role, or a list.
package enum Grant: Hashable, Sendable {
    /// One of the built-in roles, by its word.
    case builtIn(String)
    /// Named permissions with their scopes: a custom role or an API key.
    case listed([String: Scope])

    /// Nothing at all.
    package static let none = Grant.listed([:])
}
