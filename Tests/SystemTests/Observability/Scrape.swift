import Foundation
import TestKit

/// The metrics of a server, read strictly by the text exposition format 0.0.4.
struct Scrape {
    /// One line that is no comment.
    struct Sample {
        /// Name and labels as they are written.
        let series: String
        /// The name without what a histogram appends.
        let family: String
        let value: Double
    }

    let text: String
    private(set) var samples: [Sample] = []
    private(set) var types: [String: String] = [:]
    private(set) var helps: Set<String> = []
    /// Lines that are neither.
    private(set) var malformed: [String] = []

    init(_ client: TestClient, _ test: TestPlatform) async throws {
        text = try await client.send("GET", "/metrics", token: test.operatorToken).text
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() { read(String(line)) }
    }

    private mutating func read(_ line: String) {
        if let match = line.wholeMatch(of: /# HELP ([a-zA-Z_][a-zA-Z0-9_]*) .+/) {
            if !helps.insert(String(match.1)).inserted { malformed.append(line) }
        } else if let match = line.wholeMatch(of: /# TYPE ([a-zA-Z_][a-zA-Z0-9_]*) (counter|gauge|histogram)/) {
            if types.updateValue(String(match.2), forKey: String(match.1)) != nil { malformed.append(line) }
        } else if let match = line.wholeMatch(
            of: /(([a-zA-Z_][a-zA-Z0-9_]*)(\{[a-z_]+="([^"\\]|\\["\\n])*"(,[a-z_]+="([^"\\]|\\["\\n])*")*\})?) (\S+)/),
            let value = Double(match.7)
        {
            let name = String(match.2)
            let stem = name.replacing(/_(bucket|sum|count)$/, with: "")
            samples.append(
                Sample(series: String(match.1), family: types[stem] == "histogram" ? stem : name, value: value))
        } else {
            malformed.append(line)
        }
    }

    /// The value of a series.
    func value(_ series: String) -> Double? { samples.first { $0.series == series }?.value }

    /// How many requests were counted under these labels.
    func requests(_ route: String, _ status: String, _ tenantClass: String) -> Double? {
        value("romashka_http_requests_total{\(route),status=\"\(status)\",tenant_class=\"\(tenantClass)\"}")
    }

    /// Every value of the label `route`.
    var routes: Set<String> { Set(text.matches(of: /route="([^"]*)"/).map { String($0.1) }) }
}
