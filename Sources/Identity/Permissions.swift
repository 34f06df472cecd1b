/// Which role may do what: the one policy that every way in asks.
package struct Permissions: Sendable {
    private let granted: [String: Set<String>]

    /// - Parameter declarations: each permission with the roles that have it.
    package init(_ declarations: [(permission: String, roles: [String])]) {
        var granted: [String: Set<String>] = [:]
        for (permission, roles) in Permissions.kernel + declarations {
            for role in roles { granted[role, default: []].insert(permission) }
        }
        self.granted = granted
    }

    /// Whether `role` has `permission`.
    package func allows(_ role: String, _ permission: String) -> Bool {
        granted[role]?.contains(permission) ?? false
    }

    /// What a role may do, sorted.
    package func all(of role: String) -> [String] {
        (granted[role] ?? []).sorted()
    }

    /// The kernel's own permissions.
    private static let kernel: [(permission: String, roles: [String])] = [
        ("members.read", ["admin", "agent"]),
        ("members.write", ["admin"]),
        ("modules.read", ["admin", "agent"]),
        ("modules.write", ["admin"]),
    ]
}
