internal import HTTPTypes
internal import Hummingbird
package import Observability
internal import PluginKit
internal import Tenancy

/// Watches every request: counts it, times it, traces it, and writes its line in the access log.
package struct Telemetry: Sendable {
    /// The paths of the pages beside the API, which are counted under their own paths.
    private static let pagePaths = [
        "/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", EventStreamPage.path,
    ]
    /// What plugins show, under one name for all of it.
    private static let pluginPages = "(plugin page)"
    /// The route of all paths that are none: what a client makes up must not become a label.
    private static let unmatched = "(unmatched)"

    /// One for each route, in the table's order.
    private let routes: [RouteMeter]
    private let pages: [String: RouteMeter]
    private let unmatched = RouteMeter(route: Telemetry.unmatched, module: "kernel", method: "*")
    private let inFlight: Gauge
    private let tracer: Tracer
    private let accessLog: AccessLog?

    /// - Parameters:
    ///   - registry: takes the metrics of requests.
    ///   - accessLog: nil when it is switched off.
    package init(_ table: RouteTable, registry: MetricRegistry, tracer: Tracer, accessLog: AccessLog?) {
        self.tracer = tracer
        self.accessLog = accessLog
        routes = table.routes.map { mounted in
            RouteMeter(
                route: mounted.path, module: mounted.module?.name.description ?? "kernel", method: mounted.route.method)
        }
        pages = Dictionary(
            uniqueKeysWithValues: (Telemetry.pagePaths + [Telemetry.pluginPages]).map {
                ($0, RouteMeter(route: $0, module: "kernel", method: "GET"))
            })
        inFlight = registry.gauge("romashka_http_requests_in_flight", help: "Requests that are being answered.")
        let meters = routes + pages.values.sorted { $0.route < $1.route } + [unmatched]
        registry.add("romashka_http_requests_total", .counter, help: "Requests that were answered.") { writer in
            for meter in meters { meter.writeCounts(&writer) }
        }
        registry.add(
            "romashka_http_request_duration_seconds", .histogram,
            help: "Seconds from a request's head to its answer, before the answer is sent."
        ) { writer in
            for meter in meters { meter.writeDurations(&writer) }
        }
    }

    /// Begins to watch a request.
    func begin(_ request: Hummingbird.Request) -> RequestNote {
        inFlight.add(1)
        let parent = SpanContext(traceparent: request.headers[.traceparent])
        let scope = RequestScope(
            requestID: RequestID.make(from: request.headers[.requestID]), span: tracer.begin(after: parent),
            tracer: tracer)
        return RequestNote(
            scope: scope, parent: parent, method: request.method.rawValue,
            meter: unmatched)
    }

    /// What counts the requests of a page beside the API; nil for every other path.
    func meter(ofPage path: String) -> RouteMeter? {
        if path.hasPrefix("/v1/") { return path == EventStreamPage.path ? pages[path] : nil }
        return PluginPages.prefixes.contains { path.hasPrefix($0) } ? pages[Telemetry.pluginPages] : pages[path]
    }

    /// What counts a route's requests.
    func meter(of mounted: MountedRoute) -> RouteMeter { routes[mounted.position] }

    /// Counts the request with its answer, which then names the span.
    func end(_ note: RequestNote, _ response: Response) -> Response {
        let (status, duration) = (Int(response.status.code), note.stopwatch.elapsed)
        inFlight.add(-1)
        note.meter.count(status: status, note.tenantClass, duration: duration)
        accessLog?.append(
            AccessLog.Entry(
                method: note.method, route: note.meter.route, status: status, duration: duration,
                bytes: response.body.contentLength, requestID: note.scope.requestID, span: note.scope.span,
                tenant: note.tenant?.id.description))
        if note.scope.isRecorded { tracer.record(span(note, status: status, duration: duration)) }
        var response = response
        response.headers[.traceparent] = note.scope.span.traceparent
        return response
    }

    /// The request as a span, by OpenTelemetry's conventions for HTTP servers. No address, no query, no agent.
    private func span(_ note: RequestNote, status: Int, duration: UInt64) -> Span {
        var attributes: [(name: String, value: Span.Value)] = [
            ("http.request.method", .text(note.method)), ("http.route", .text(note.meter.route)),
            ("http.response.status_code", .number(status)), ("romashka.module", .text(note.meter.module)),
            ("romashka.request_id", .text(note.scope.requestID)),
        ]
        if let tenant = note.tenant { attributes.append(("romashka.tenant_id", .text(tenant.id.description))) }
        return Span(
            "\(note.method) \(note.meter.route)", .server, context: note.scope.span, parent: note.parent?.span,
            start: note.stopwatch.start, duration: duration, attributes: attributes, isFailed: status >= 500)
    }
}

extension HTTPField.Name {
    /// `traceparent`; the literal is a valid token, as the type's own constants are.
    static let traceparent = HTTPField.Name("traceparent") ?? .via
}
