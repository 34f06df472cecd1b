/// Who acts in a session: a person, a key, a customer or the platform itself.
public struct Actor: Hashable, Sendable {
    /// The kinds of principals a session can belong to; the raw value is what the database sees.
    public enum Kind: Character, Sendable {
        /// A person who works for the tenant.
        case member = "m"
        /// A program with a key.
        case apiKey = "k"
        /// A customer, who sees what is theirs.
        case customer = "c"
        /// Anybody, who sees what is published.
        case visitor = "p"
        /// Whoever has the address of a hook.
        case hook = "h"
        /// The platform itself: a job.
        case system = "s"
    }

    /// Which kind of principal acts.
    public let kind: Kind
    /// The profile, key, customer or job that acts.
    public let id: ActorID
    /// The role's name, in lower-case letters and underscores.
    public let role: String

    /// An actor, for whoever has verified it.
    public init(kind: Kind, id: ActorID, role: String) {
        self.kind = kind
        self.id = id
        self.role = role
    }
}
