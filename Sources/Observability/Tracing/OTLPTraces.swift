/// Spans as OTLP's JSON has them (`ExportTraceServiceRequest`, OpenTelemetry Protocol 1.x, §JSON Protobuf Encoding):
/// ids in hexadecimal, 64-bit numbers as strings, enumerations as numbers.
enum OTLPTraces {
    static func encode(_ spans: [Span], serviceName: String, instance: String) -> [UInt8] {
        var request = JSONLine()
        request.key("resourceSpans")
        request.array { list in
            list.object { group in
                group.key("resource")
                group.object { resource in
                    attributes(
                        [
                            ("service.name", .text(serviceName)), ("service.version", .text(BuildInfo.version)),
                            ("service.instance.id", .text(instance)),
                        ], in: &resource)
                }
                group.key("scopeSpans")
                group.array { scopes in
                    scopes.object { scope in
                        scope.key("scope")
                        scope.object { $0.member("name", "romashka") }
                        scope.key("spans")
                        scope.array { list in
                            for item in spans { list.object { span(item, in: &$0) } }
                        }
                    }
                }
            }
        }
        return request.finished()
    }

    private static func span(_ span: Span, in json: inout JSONLine) {
        json.member("traceId", span.context.trace.description)
        json.member("spanId", span.context.span.description)
        if let parent = span.parent { json.member("parentSpanId", parent.description) }
        json.member("name", span.name)
        json.member("kind", span.kind.rawValue)
        json.member("startTimeUnixNano", "\(span.start)")
        json.member("endTimeUnixNano", "\(span.end)")
        attributes(span.attributes, in: &json)
        if span.isFailed {
            json.key("status")
            json.object { $0.member("code", 2) }
        }
    }

    private static func attributes(_ attributes: [(name: String, value: Span.Value)], in json: inout JSONLine) {
        json.key("attributes")
        json.array { list in
            for (name, value) in attributes {
                list.object { attribute in
                    attribute.member("key", name)
                    attribute.key("value")
                    attribute.object { json in
                        switch value {
                        case .text(let text): json.member("stringValue", text)
                        case .number(let number): json.member("intValue", "\(number)")
                        }
                    }
                }
            }
        }
    }
}
