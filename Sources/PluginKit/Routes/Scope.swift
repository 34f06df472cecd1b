/// How far a permission reaches: over everything in the tenant, over what belongs to one's teams, or over what is
/// assigned to oneself. The wider comes later.
public enum Scope: String, Hashable, Sendable, Comparable, CaseIterable {
    /// What is assigned to the actor.
    case assigned
    /// What is assigned to the actor or belongs to one of their teams.
    case team
    /// Everything in the tenant.
    case all

    /// Whether one reaches less far than the other.
    public static func < (one: Scope, other: Scope) -> Bool { one.rank < other.rank }

    private var rank: Int {
        switch self {
        case .assigned: 0
        case .team: 1
        case .all: 2
        }
    }
}
