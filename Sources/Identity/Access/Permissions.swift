package import PluginKit

/// Who may do what: the one policy that every way in asks.
package struct Permissions: Sendable {
    private let granted: [String: [String: Scope]]
    private let narrowable: Set<String>

    /// Every permission there is, sorted.
    package let known: [String]

    /// - Parameters:
    ///   - declarations: each permission of a module with the built-in roles that have it.
    ///   - narrowable: those whose routes go by how far they reach.
    package init(_ declarations: [(permission: String, roles: [String])], narrowable: Set<String> = []) {
        self.narrowable = narrowable
        var granted: [String: [String: Scope]] = [:]
        let all = Permissions.kernel + declarations
        for (permission, roles) in all {
            for role in roles { granted[role, default: [:]][permission] = .all }
            if roles.contains("admin") { granted["owner", default: [:]][permission] = .all }
        }
        self.granted = granted
        known = all.map(\.permission).sorted()
    }

    /// How far a permission reaches for whoever has `grant`; nil when they do not have it.
    package func scope(of permission: String, for grant: Grant) -> Scope? {
        switch grant {
        case .builtIn(let role): granted[role]?[permission]
        case .listed(let permissions): permissions[permission].flatMap { allows($0, of: permission) ? $0 : nil }
        }
    }

    /// Everything that `grant` allows.
    package func all(of grant: Grant) -> [String: Scope] {
        switch grant {
        case .builtIn(let role): granted[role] ?? [:]
        case .listed(let permissions): permissions.filter { allows($0.value, of: $0.key) }
        }
    }

    /// Whether a permission can be had as far as that. Where no route goes by it, less than everything would be everything.
    package func allows(_ scope: Scope, of permission: String) -> Bool {
        scope == .all || narrowable.contains(permission)
    }

    /// Whether whoever may do `own` may hand on `role` or act upon its holders: nobody gives what they do not have, and
    /// only owners make owners.
    package func covers(_ own: [String: Scope], isOwner: Bool, _ other: Grant) -> Bool {
        if other == .builtIn("owner") { return isOwner }
        return all(of: other).allSatisfy { permission, scope in own[permission].map { $0 >= scope } ?? false }
    }

    /// The kernel's own permissions.
    private static let kernel: [(permission: String, roles: [String])] = [
        ("members.read", ["admin", "agent", "viewer"]),
        ("members.write", ["admin"]),
        ("teams.read", ["admin", "agent", "viewer"]),
        ("teams.write", ["admin"]),
        ("roles.read", ["admin", "agent", "viewer"]),
        ("roles.write", ["admin"]),
        ("api_keys.read", ["admin"]),
        ("api_keys.write", ["admin"]),
        ("customer_keys.read", ["admin"]),
        ("customer_keys.write", ["admin"]),
        ("modules.read", ["admin", "agent", "viewer"]),
        ("modules.write", ["admin"]),
        ("sign_in.read", ["admin"]),
        ("sign_in.write", ["admin"]),
        ("files.read", ["admin", "agent", "viewer"]),
        ("files.write", ["admin", "agent"]),
        ("settings.read", ["admin", "agent", "viewer"]),
        ("settings.write", ["admin"]),
        ("hooks.read", ["admin"]),
        ("hooks.write", ["admin"]),
        ("jobs.read", ["admin"]),
        ("jobs.write", ["admin"]),
    ]
}
