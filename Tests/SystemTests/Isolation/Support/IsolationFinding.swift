/// What a probe found at a route: something of tenant A that tenant B was shown, or changed.
struct IsolationFinding: Hashable, Sendable, CustomStringConvertible {
    /// The method and the path.
    let route: String
    let what: String

    var description: String { "\(route): \(what)" }
}
