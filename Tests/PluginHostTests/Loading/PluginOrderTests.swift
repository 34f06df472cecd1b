import Testing

@testable import PluginHost

@Suite("Plugin order")
struct PluginOrderTests {
    private func order(_ nodes: KeyValuePairs<String, [String]>) -> (ids: [String], cycles: [String: String]) {
        let order = PluginOrder(nodes.map { .init(id: $0.key, requires: $0.value) })
        return (order.positions.map { nodes[$0].key }, order.cycles)
    }

    @Test("P11: What is required comes first, whatever the names")
    func requirements() {
        let (ids, cycles) = order(["a": ["c"], "b": [], "c": ["d"], "d": []])
        #expect(ids == ["b", "d", "c", "a"] && cycles.isEmpty)
    }

    @Test("P11: A circle is told with its way, and what only waits for one is told apart")
    func circles() {
        let (ids, cycles) = order(["a": ["b"], "b": ["c"], "c": ["a"], "d": ["a"], "e": [], "f": ["f"]])
        #expect(ids.first == "e" && ids.count == 6)
        #expect(cycles == ["a": "a → b → c → a", "b": "b → c → a → b", "c": "c → a → b → c", "f": "f → f"])
    }

    @Test("What requires something that is not there waits for nobody")
    func absent() {
        let (ids, cycles) = order(["a": ["gone"], "b": ["a"]])
        #expect(ids == ["a", "b"] && cycles.isEmpty)
    }
}
