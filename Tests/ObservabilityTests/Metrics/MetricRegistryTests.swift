import Observability
import Testing

@Suite("MetricRegistry")
struct MetricRegistryTests {
    @Test("Families stand in the order of their names, each with its help and type")
    func order() {
        let registry = MetricRegistry()
        registry.gauge("b", help: "Second.").add(-3)
        registry.counter("a_total", help: "First.").add(2)
        #expect(
            registry.exposition() == """
                # HELP a_total First.
                # TYPE a_total counter
                a_total 2
                # HELP b Second.
                # TYPE b gauge
                b -3

                """)
    }

    @Test("Quotes, backslashes and line feeds in labels and help cannot forge a line")
    func escaping() {
        let registry = MetricRegistry()
        registry.add("a", .gauge, help: "one\ntwo \\ three") { $0.sample(1, ["path": "x\"} 9\nb\\"]) }
        #expect(
            registry.exposition() == #"""
                # HELP a one\ntwo \\ three
                # TYPE a gauge
                a{path="x\"} 9\nb\\"} 1

                """#)
    }

    @Test("A metric of the same name takes the place of the first")
    func replacement() {
        let registry = MetricRegistry()
        registry.counter("a_total", help: "One.").add()
        registry.counter("a_total", help: "Two.").add(5)
        #expect(registry.exposition().contains("a_total 5\n"))
        #expect(!registry.exposition().contains("One."))
    }

    @Test("Additions of many tasks all count")
    func concurrency() async {
        let counter = Counter()
        let gauge = Gauge()
        await withTaskGroup(of: Void.self) { tasks in
            for _ in 0..<8 {
                tasks.addTask {
                    for _ in 0..<10_000 {
                        counter.add()
                        gauge.add(1)
                        gauge.add(-1)
                    }
                }
            }
        }
        #expect(counter.value == 80_000 && gauge.value == 0)
    }

    @Test("The process says when it began, its memory and its descriptors")
    func process() throws {
        let registry = MetricRegistry()
        ProcessMetrics.register(in: registry)
        let values = registry.exposition().split(separator: "\n").filter { !$0.hasPrefix("#") }
            .reduce(into: [String: Double]()) { values, line in
                let parts = line.split(separator: " ")
                values[String(parts[0])] = Double(parts[1])
            }
        #expect(try #require(values["process_start_time_seconds"]) > 1_700_000_000)
        #expect(try #require(values["process_resident_memory_bytes"]) > 1_000_000)
        let open = try #require(values["process_open_fds"])
        #expect(try open > 2 && open <= #require(values["process_max_fds"]))
        #expect(try #require(values["process_cpu_seconds_total"]) > 0)
        #expect(values["romashka_build_info{version=\"\(BuildInfo.version)\"}"] == 1)
    }
}
