import FoundationEssentials
import Observability
import Testing

@Suite("TracingSettings")
struct TracingSettingsTests {
    @Test("No text of them shows the collector's credentials")
    func redacted() throws {
        let settings = try TracingSettings.read([
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://u:topsecret@collector:4318",
            "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20topsecret",
        ])
        let found = try #require(settings)
        var text = "\([found])"
        dump(found, to: &text)
        #expect(text.contains("collector") && !text.contains("topsecret"))
    }

    @Test(
        "Without an endpoint nothing is exported",
        arguments: [[:], ["OTEL_EXPORTER_OTLP_ENDPOINT": ""], ["OTEL_TRACES_SAMPLER_ARG": "1"]])
    func off(environment: [String: String]) throws {
        #expect(try TracingSettings.read(environment) == nil)
    }

    @Test(
        "The path is appended to the general endpoint, not to the one for traces",
        arguments: [
            (["OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"], "http://127.0.0.1:4318/v1/traces"),
            (["OTEL_EXPORTER_OTLP_ENDPOINT": "https://otel.example/base/"], "https://otel.example/base/v1/traces"),
            (["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/x"], "http://127.0.0.1:4318/x"),
            (
                ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://a/x", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://b"],
                "http://a/x"
            ),
        ])
    func endpoint(environment: [String: String], url: String) throws {
        #expect(try TracingSettings.read(environment)?.endpoint.absoluteString == url)
    }

    @Test("Ratio, name and headers are read")
    func others() throws {
        let settings = try #require(
            try TracingSettings.read([
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_TRACES_SAMPLER_ARG": "0.25",
                "OTEL_SERVICE_NAME": "desk", "OTEL_EXPORTER_OTLP_HEADERS": "Authorization=Basic%20abc=, x-team = a",
            ]))
        #expect(settings.ratio == 0.25 && settings.serviceName == "desk")
        #expect(settings.headers.map(\.name) == ["Authorization", "x-team"])
        #expect(settings.headers.map(\.value) == ["Basic abc=", "a"])
    }

    @Test(
        "A setting that cannot be used is refused at the start",
        arguments: [
            ["OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"], ["OTEL_EXPORTER_OTLP_ENDPOINT": "grpc://collector"],
            ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://a", "OTEL_TRACES_SAMPLER_ARG": "1.5"],
            ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://a", "OTEL_TRACES_SAMPLER_ARG": "nan"],
            ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://a", "OTEL_TRACES_SAMPLER_ARG": "half"],
        ])
    func refused(environment: [String: String]) {
        #expect(throws: TracingSettingsError.self) { try TracingSettings.read(environment) }
    }

    private static let words: [(TracingSettingsError.Code, String)] = [
        (.endpointInvalid, "tracing_endpoint_invalid"), (.ratioInvalid, "tracing_ratio_invalid"),
    ]

    @Test("The codes of refusals stay as they are, and each comes first in what is said", arguments: words)
    func codes(code: TracingSettingsError.Code, word: String) {
        #expect(TracingSettingsError(code, "why").description == "\(word): why")
    }

    @Test("Every code is known here")
    func allCodes() {
        #expect(Self.words.map(\.0) == TracingSettingsError.Code.allCases)
    }
}
