/// In which order modules are loaded: what is required comes first. A plain value.
struct PluginOrder: Sendable {
    /// A module and what it requires.
    struct Node: Sendable {
        let id: String
        let requires: [String]
    }

    /// Positions of the nodes, those that wait for nobody first and else as they were given.
    private(set) var positions: [Int] = []
    /// For each module that requires itself in the end, the way: `a → b → a`.
    private(set) var cycles: [String: String] = [:]

    init(_ nodes: [Node]) {
        var rest = Array(nodes.indices)
        while !rest.isEmpty {
            let waiting = Set(rest.map { nodes[$0].id })
            guard let free = rest.firstIndex(where: { waiting.isDisjoint(with: nodes[$0].requires) }) else { break }
            positions.append(rest.remove(at: free))
        }
        // What is left is in a circle, or waits for one.
        let stuck = Dictionary(rest.map { (nodes[$0].id, nodes[$0].requires) }, uniquingKeysWith: { first, _ in first })
        for position in rest { cycles[nodes[position].id] = PluginOrder.way(from: nodes[position].id, stuck) }
        positions += rest
    }

    /// The shortest way from a module back to itself; nil when it only waits for others that are in a circle.
    private static func way(from start: String, _ requires: [String: [String]]) -> String? {
        var ways = [[start]]
        var seen: Set<String> = []
        while !ways.isEmpty {
            let way = ways.removeFirst()
            for next in requires[way[way.count - 1]] ?? [] {
                if next == start { return (way + [start]).joined(separator: " → ") }
                if seen.insert(next).inserted { ways.append(way + [next]) }
            }
        }
        return nil
    }
}
