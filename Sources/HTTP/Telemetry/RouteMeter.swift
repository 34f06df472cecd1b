internal import Observability

/// Counts the requests of one route; its labels are made once.
final class RouteMeter: Sendable {
    /// Whose request it was, as far as a label may tell: a tenant's id would make series without end.
    enum TenantClass: String, CaseIterable {
        case none, live, test
    }

    /// The path's template, such as `/v1/conversations/{id}`.
    let route: String
    /// The module that serves it.
    let module: String
    /// The method it is registered with; HEAD counts as the GET that serves it.
    let method: String

    private let labels: MetricLabels
    /// For each status and class: a counter.
    private let counts: [Counter]
    private let durations = Histogram()

    init(route: String, module: String, method: String) {
        self.route = route
        self.module = module
        self.method = method
        labels = ["route": route, "module": module, "method": method]
        counts = (0..<RouteMeter.statuses.count * TenantClass.allCases.count).map { _ in Counter() }
    }

    /// Counts a request that was answered.
    ///
    /// - Parameter duration: nanoseconds.
    func count(status: Int, _ tenantClass: TenantClass, duration: UInt64) {
        counts[RouteMeter.index(status, tenantClass)].add()
        durations.observe(duration)
    }

    /// Writes the numbers of requests that there were.
    func writeCounts(_ writer: inout MetricWriter) {
        for (position, status) in RouteMeter.statuses.enumerated() {
            for (offset, tenantClass) in TenantClass.allCases.enumerated() {
                let count = counts[position * TenantClass.allCases.count + offset].value
                guard count > 0 else { continue }
                writer.sample(count, labels.adding(["status": status, "tenant_class": tenantClass.rawValue]))
            }
        }
    }

    /// Writes how long requests took, if there were any.
    func writeDurations(_ writer: inout MetricWriter) {
        if durations.cumulativeCounts.last != 0 { writer.histogram(labels, durations) }
    }

    /// The statuses with a series of their own, and one for all others.
    private static let statuses =
        [
            200, 201, 202, 204, 206, 302, 303, 304, 400, 401, 403, 404, 405, 408, 409, 412, 413, 415, 416, 422, 428,
            429, 500,
            502,
            503, 504,
        ].map { "\($0)" } + ["other"]

    private static let positions = Dictionary(
        uniqueKeysWithValues: statuses.enumerated().compactMap { position, status in Int(status).map { ($0, position) }
        })

    private static func index(_ status: Int, _ tenantClass: TenantClass) -> Int {
        let offset =
            switch tenantClass {
            case .none: 0
            case .live: 1
            case .test: 2
            }
        return (positions[status] ?? statuses.count - 1) * TenantClass.allCases.count + offset
    }
}
