/// The names that are the platform's own. Permissions and events are one space for the kernel and all modules, so that
/// whoever comes first must not take what another is known by.
package enum PlatformNames {
    /// What the kernel's permissions and events begin with, and the schemas that are no module's.
    package static let kernel: Set<String> = [
        "api_key", "api_keys", "bootstrap", "core", "customer_key", "customer_keys", "customer_tokens", "export",
        "file", "files", "hook", "hooks", "host", "impersonation", "information_schema", "invitation", "job",
        "jobs", "member", "members", "module", "modules", "password_reset", "public", "role", "roles", "secret",
        "session", "settings", "sign_in", "sign_in_identity", "team", "team_member", "teams", "tenant",
    ]

    /// What events of the platform's modules begin with where it is not the module's name, and whose it is.
    package static let events = [
        "article": "knowledge", "conversation": "conversations", "customer": "conversations",
        "message": "conversations",
    ]

    /// Whether no module may be called that.
    static func isTaken(_ module: String) -> Bool {
        kernel.contains(module) || events[module] != nil || module.hasPrefix("pg_")
    }

    /// Whose a word is that an event begins with; nil when it is nobody's but a module's of that name.
    static func owner(ofEventsOf word: String) -> String? {
        kernel.contains(word) ? "the platform" : events[word].map { "the module \($0)" }
    }
}
