/// The name of a module: of its schema, its roles and its folder of migrations.
package struct ModuleName: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let description: String

    /// Nil unless `text` is a lower-case letter followed by 1 to 30 letters, digits or underscores, so that it can
    /// stand in SQL without quotes.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard (2...31).contains(bytes.count), (97...122).contains(bytes[0]),
            bytes.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) || $0 == 95 })
        else { return nil }
        description = text
    }

    /// The role that owns the module's schema and runs its migrations; it cannot log in.
    package var ownerRole: String { RolePrefix.owners + description }
    /// The role the module's statements run as.
    package var loginRole: String { RolePrefix.logins + description }

    package static func < (left: ModuleName, right: ModuleName) -> Bool {
        left.description < right.description
    }
}

/// The names of the kernel's own roles.
package enum KernelRole: String, CaseIterable, Sendable {
    /// Reads and writes identity before a tenant is known.
    case auth
    /// Claims jobs, keeps partitions.
    case worker
    /// Reads across tenants, never writes.
    case `operator`

    /// The role as PostgreSQL knows it.
    package var loginRole: String { RolePrefix.installation + rawValue }
}

/// What all roles of this installation begin with.
package enum RolePrefix {
    package static let installation = "romashka_"
    /// What the roles begin with that own a module's schema, and that only the migrator logs in as.
    package static let owners = installation + "o_"
    /// What the roles begin with that modules' statements run as.
    package static let logins = installation + "m_"
}
