/// Who acts in a session: a person, a key, a customer or the platform itself.
public struct Actor: Hashable, Sendable {
    /// The kinds of principals a session can belong to; the raw value is what the database sees.
    public enum Kind: Character, Sendable {
        case member = "m"
        case apiKey = "k"
        case customer = "c"
        case visitor = "p"
        case hook = "h"
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
