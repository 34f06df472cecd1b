import Observability
import Testing

@Suite("Histogram")
struct HistogramTests {
    @Test(
        "A bucket holds what is at most its bound",
        arguments: [(0, 0), (1_000_000, 0), (1_000_001, 1), (10_000_000_000, 12), (10_000_000_001, 13), (.max, 13)]
            as [(UInt64, Int)])
    func buckets(nanoseconds: UInt64, index: Int) {
        let histogram = Histogram()
        histogram.observe(nanoseconds)
        let counts = histogram.cumulativeCounts
        #expect(counts.firstIndex(of: 1) == index)
        #expect(counts.last == 1 && histogram.sum == nanoseconds)
    }

    @Test("Buckets add up, and the last one is the count")
    func exposition() throws {
        let registry = MetricRegistry()
        let histogram = Histogram()
        for milliseconds in [0, 3, 3, 600, 20_000] as [UInt64] { histogram.observe(milliseconds * 1_000_000) }
        registry.add("t_seconds", .histogram, help: "Time.") { $0.histogram(["route": "/"], histogram) }
        let text = registry.exposition()
        #expect(text.contains("# TYPE t_seconds histogram\n"))
        #expect(text.contains("t_seconds_bucket{route=\"/\",le=\"0.001\"} 1\n"))
        #expect(text.contains("t_seconds_bucket{route=\"/\",le=\"0.0025\"} 1\n"))
        #expect(text.contains("t_seconds_bucket{route=\"/\",le=\"0.005\"} 3\n"))
        #expect(text.contains("t_seconds_bucket{route=\"/\",le=\"1.0\"} 4\n"))
        #expect(text.contains("t_seconds_bucket{route=\"/\",le=\"10.0\"} 4\n"))
        #expect(text.contains("t_seconds_bucket{route=\"/\",le=\"+Inf\"} 5\n"))
        #expect(text.contains("t_seconds_sum{route=\"/\"} 20.606\n"))
        #expect(text.contains("t_seconds_count{route=\"/\"} 5\n"))
    }
}
