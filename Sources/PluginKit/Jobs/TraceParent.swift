/// The place in a trace of what runs at the moment, for what it enqueues.
@_spi(Kernel)
public enum TraceParent {
    /// The header `traceparent` of W3C Trace Context; nil when nobody records the trace.
    @TaskLocal public static var current: String?
}
