/// A piece of work that has ended, as it is exported.
package struct Span: Sendable {
    /// Who the other side is (OpenTelemetry's SpanKind with its numbers in OTLP).
    package enum Kind: Int, Sendable {
        /// It answers a request from outside.
        case server = 2
        /// It asks another system.
        case client = 3
        /// It works on what was put aside for it.
        case consumer = 5
    }

    /// An attribute's value.
    package enum Value: Sendable {
        case text(String)
        case number(Int)
    }

    let name: String
    let kind: Kind
    let context: SpanContext
    let parent: SpanContext.SpanID?
    /// Nanoseconds since 1970.
    let start: UInt64
    /// Nanoseconds since 1970.
    let end: UInt64
    let attributes: [(name: String, value: Value)]
    let isFailed: Bool

    /// - Parameters:
    ///   - name: of few different values: a route, a statement's verb and table.
    ///   - context: the span's own ids.
    ///   - parent: the span it is a part of; nil for a trace's first.
    ///   - start: nanoseconds since 1970.
    ///   - duration: nanoseconds.
    ///   - attributes: no personal data, no values of statements.
    package init(
        _ name: String, _ kind: Kind, context: SpanContext, parent: SpanContext.SpanID?, start: UInt64,
        duration: UInt64, attributes: [(name: String, value: Value)], isFailed: Bool
    ) {
        self.name = name
        self.kind = kind
        self.context = context
        self.parent = parent
        self.start = start
        end = start &+ duration
        self.attributes = attributes
        self.isFailed = isFailed
    }
}
