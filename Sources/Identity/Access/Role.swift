package import PluginKit
internal import Tenancy

/// A role of a tenant's own making.
package enum CustomRole {}

/// What a person is in a tenant: one of the built-in roles, or one the tenant made itself.
package enum Role: Hashable, Sendable {
    /// Everything, and the only one who may make others owners.
    case owner
    /// Everything but owners.
    case admin
    /// The daily work.
    case agent
    /// Reading.
    case viewer
    /// Whatever the tenant gave it.
    case custom(ID<CustomRole>)

    /// The words of the built-in roles.
    package static let builtIn = ["owner", "admin", "agent", "viewer"]

    /// Reads what the columns `role` and `role_id` say; nil when they contradict each other.
    package init?(_ word: String, _ id: ID<CustomRole>?) {
        switch (word, id) {
        case ("owner", nil): self = .owner
        case ("admin", nil): self = .admin
        case ("agent", nil): self = .agent
        case ("viewer", nil): self = .viewer
        case ("custom", let id?): self = .custom(id)
        default: return nil
        }
    }

    /// Reads the claim of a token: the word, or `custom_` and 32 hexadecimal digits. The database's session takes no
    /// other characters.
    package init?(claim: String) {
        guard claim.hasPrefix("custom_") else {
            self.init(claim, nil)
            return
        }
        guard let id = ID<CustomRole>(hex: claim.dropFirst(7)) else { return nil }
        self = .custom(id)
    }

    /// The role as a token says it.
    package var claim: String {
        if case .custom(let id) = self { "custom_\(id.uuid.hex)" } else { word }
    }

    /// The column `role`.
    package var word: String {
        switch self {
        case .owner: "owner"
        case .admin: "admin"
        case .agent: "agent"
        case .viewer: "viewer"
        case .custom: "custom"
        }
    }

    /// The column `role_id`.
    package var customID: ID<CustomRole>? {
        if case .custom(let id) = self { id } else { nil }
    }
}

extension ID {
    /// An id from 32 hexadecimal digits without hyphens.
    fileprivate init?(hex: Substring) {
        guard hex.utf8.count == 32 else { return nil }
        var text = ""
        for (index, character) in hex.enumerated() {
            if [8, 12, 16, 20].contains(index) { text.append("-") }
            text.append(character)
        }
        self.init(text)
    }
}
