/// Writes time series in Prometheus' text exposition format, version 0.0.4.
package struct MetricWriter {
    /// What a family of time series measures.
    package enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    private(set) var text = ""
    private var name = ""

    init() {}

    /// Begins a family; the samples that follow belong to it.
    mutating func begin(_ name: String, _ kind: Kind, help: String) {
        self.name = name
        let escaped = help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        text += "# HELP \(name) \(escaped)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    /// Writes a sample whose value is a whole number.
    package mutating func sample(_ value: some BinaryInteger, _ labels: MetricLabels = [:]) {
        line("", labels, "\(value)")
    }

    /// Writes a sample whose value is any number.
    package mutating func sample(seconds: Double, _ labels: MetricLabels = [:]) {
        line("", labels, "\(seconds)")
    }

    /// Writes a histogram of durations, in seconds.
    package mutating func histogram(_ labels: MetricLabels, _ histogram: Histogram) {
        let counts = histogram.cumulativeCounts
        for (bound, count) in zip(MetricWriter.bounds, counts) {
            line("_bucket", labels.adding(["le": bound]), "\(count)")
        }
        line("_sum", labels, "\(Double(histogram.sum) / 1_000_000_000)")
        line("_count", labels, "\(counts.last ?? 0)")
    }

    private static let bounds = Histogram.bounds.map { "\(Double($0) / 1_000_000_000)" } + ["+Inf"]

    private mutating func line(_ suffix: String, _ labels: MetricLabels, _ value: String) {
        text += labels.text.isEmpty ? "\(name)\(suffix) \(value)\n" : "\(name)\(suffix){\(labels.text)} \(value)\n"
    }
}
