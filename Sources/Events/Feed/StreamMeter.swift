package import Observability

/// Counts what streams do.
package struct StreamMeter: Sendable {
    /// Streams that are open.
    package let open: Gauge
    /// Events that were sent, each to one stream.
    package let sent: Counter
    /// Streams that were ended because their client did not keep up.
    package let dropped: Counter
    /// Statements that were run for all streams together.
    package let queries: Counter

    package init(_ registry: MetricRegistry) {
        open = registry.gauge("romashka_event_streams", help: "Streams of events that are open.")
        sent = registry.counter(
            "romashka_event_stream_events_total", help: "Events that were sent, each to one stream.")
        dropped = registry.counter(
            "romashka_event_streams_dropped_total", help: "Streams that were ended because their client was too slow.")
        queries = registry.counter(
            "romashka_event_stream_queries_total", help: "Statements that were run for all streams together.")
    }
}
