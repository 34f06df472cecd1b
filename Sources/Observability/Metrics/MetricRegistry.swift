internal import Synchronization

/// Every metric of the process by its name.
///
/// The registry is locked while metrics are added and read; whoever counts holds the counter itself.
package final class MetricRegistry: Sendable {
    /// The media type of what `exposition()` returns.
    package static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    private struct Family: Sendable {
        let kind: MetricWriter.Kind
        let help: String
        let write: @Sendable (inout MetricWriter) -> Void
    }

    private let families = Mutex<[String: Family]>([:])

    /// Creates a registry without metrics.
    package init() {}

    /// Adds a family of time series that is read when somebody asks; one of the same name gives way to it.
    ///
    /// - Parameters:
    ///   - name: letters, digits and underscores; a counter's ends in `_total`.
    ///   - help: one sentence.
    ///   - write: writes the samples; called on the thread of whoever asks, so it must not wait.
    package func add(
        _ name: String, _ kind: MetricWriter.Kind, help: String,
        _ write: @escaping @Sendable (inout MetricWriter) -> Void
    ) {
        families.withLock { $0[name] = Family(kind: kind, help: help, write: write) }
    }

    /// Adds a counter without labels.
    package func counter(_ name: String, help: String) -> Counter {
        let counter = Counter()
        add(name, .counter, help: help) { $0.sample(counter.value) }
        return counter
    }

    /// Adds a gauge without labels.
    package func gauge(_ name: String, help: String) -> Gauge {
        let gauge = Gauge()
        add(name, .gauge, help: help) { $0.sample(gauge.value) }
        return gauge
    }

    /// All metrics in the order of their names, in the text exposition format 0.0.4.
    package func exposition() -> String {
        let families = families.withLock { $0 }
        var writer = MetricWriter()
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            writer.begin(name, family.kind, help: family.help)
            family.write(&writer)
        }
        return writer.text
    }
}
