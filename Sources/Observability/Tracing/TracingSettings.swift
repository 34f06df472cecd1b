package import Foundation

/// Where spans go and how many: OpenTelemetry's environment variables.
package struct TracingSettings: Sendable {
    /// Where batches are posted.
    package let endpoint: URL
    /// Headers for the collector, such as its credentials.
    package let headers: [(name: String, value: String)]
    /// The share of new traces that is recorded, from 0 to 1.
    package let ratio: Double
    /// `service.name` of the process.
    package let serviceName: String

    /// Creates settings.
    package init(
        endpoint: URL, headers: [(name: String, value: String)] = [], ratio: Double = 1,
        serviceName: String = "romashka"
    ) {
        self.endpoint = endpoint
        self.headers = headers
        self.ratio = ratio
        self.serviceName = serviceName
    }

    /// The settings of the environment; nil when no endpoint is set.
    ///
    /// Reads OTEL_EXPORTER_OTLP_TRACES_ENDPOINT (as it is) or OTEL_EXPORTER_OTLP_ENDPOINT (`/v1/traces` is appended),
    /// OTEL_EXPORTER_OTLP_HEADERS, OTEL_TRACES_SAMPLER_ARG and OTEL_SERVICE_NAME. The protocol is OTLP/HTTP with JSON,
    /// the sampler parent-based by ratio.
    ///
    /// - Throws: `TracingSettingsError` for an endpoint that is no URL or a ratio that is none.
    package static func read(_ environment: [String: String]) throws(TracingSettingsError) -> TracingSettings? {
        let exact = environment["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]
        let base = environment["OTEL_EXPORTER_OTLP_ENDPOINT"]
        guard let text = exact ?? base.map({ "\($0.hasSuffix("/") ? String($0.dropLast()) : $0)/v1/traces" }),
            exact?.isEmpty != true, base?.isEmpty != true || exact != nil
        else { return nil }
        guard let endpoint = URL(string: text), ["http", "https"].contains(endpoint.scheme ?? ""), endpoint.host != nil
        else { throw TracingSettingsError(.endpointInvalid, "the collector's address is no http or https URL") }
        return TracingSettings(
            endpoint: endpoint, headers: headers(environment["OTEL_EXPORTER_OTLP_HEADERS"] ?? ""),
            ratio: try ratio(environment["OTEL_TRACES_SAMPLER_ARG"]),
            serviceName: environment["OTEL_SERVICE_NAME"] ?? "romashka")
    }

    private static func ratio(_ text: String?) throws(TracingSettingsError) -> Double {
        guard let text, !text.isEmpty else { return 1 }
        guard let ratio = Double(text), (0...1).contains(ratio) else {
            throw TracingSettingsError(.ratioInvalid, "OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1")
        }
        return ratio
    }

    /// `name=value,name=value`, with values percent-encoded.
    private static func headers(_ text: String) -> [(name: String, value: String)] {
        text.split(separator: ",").compactMap { pair in
            let parts = pair.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            guard parts.count == 2, let value = parts[1].removingPercentEncoding else { return nil }
            return (parts[0], value)
        }
    }
}

extension TracingSettings: CustomStringConvertible, CustomReflectable {
    /// Never shows the headers, nor what the address holds besides a host.
    package var description: String { "TracingSettings(\(endpoint.host ?? "?"), headers redacted)" }

    /// Shows no children, so that `dump` and test failures don't print the headers.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// A setting of the environment that cannot be used.
package struct TracingSettingsError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Stable words for the reasons.
    package enum Code: String, Sendable, CaseIterable {
        case endpointInvalid = "tracing_endpoint_invalid"
        case ratioInvalid = "tracing_ratio_invalid"
    }

    package let code: Code
    package let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    package var description: String { "\(code.rawValue): \(detail)" }
}
