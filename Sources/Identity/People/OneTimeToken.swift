internal import Cryptography
internal import PluginKit

/// A secret that is shown once and used once: `<prefix>_<scope>_<id>_<secret>`. Only its hash is stored.
struct OneTimeToken<Entity>: Sendable {
    let id: ID<Entity>
    let text: String

    /// A new token.
    ///
    /// - Parameter prefix: what it is for, such as `rmi`.
    init(prefix: String, id: ID<Entity> = .make()) {
        self.id = id
        text = "\(prefix)_\(id)_\(Hex.encode(RandomBytes.generate(20)))"
    }

    /// Reads a token; nil when it has another form.
    init?(_ text: String, prefix: String) {
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        guard text.utf8.count <= 128, parts.count == 3, parts[0] == prefix, let id = ID<Entity>(parts[1]),
            parts[2].utf8.count == 40
        else { return nil }
        self.id = id
        self.text = text
    }

    /// What is stored of it.
    var hash: [UInt8] { SHA256.digest(text) }
}
