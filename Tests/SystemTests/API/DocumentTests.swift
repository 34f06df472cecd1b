import FoundationEssentials
import HTTP
import NIOHTTP1
import Platform
import PluginHost
@_spi(Kernel) import PluginKit
import TestKit
import Testing

/// The document of the API against the routes it is made of.
@Suite("API document")
struct DocumentTests {
    @Test("Every route is described: with examples that it takes, and with what it answers")
    func everyRouteIsDescribed() async throws {
        try await TestPlatform.with { test in
            let document = try await TestClient(test.url).send("GET", "/openapi.json").json
            #expect(!test.platform.table.routes.isEmpty)
            for mounted in test.platform.table.routes {
                let name = "\(mounted.route.method) \(mounted.path)"
                let operation = try #require(document["paths"]?[mounted.path]?[mounted.route.method.lowercased()])
                #expect(operation["summary"]?.string == mounted.route.summary, "\(name)")
                expectParameters(operation, of: mounted.route, name, in: document)
                try expectBody(operation, of: mounted.route, name)
                expectAnswers(operation, of: mounted.route, name)
                expectAccess(operation, of: mounted.route, name)
            }
        }
    }

    @Test("Whatever lets somebody in is marked in the answer that shows it, so that it is shown once")
    func secretsAreMarked() async throws {
        try await TestPlatform.with { test in
            let answers = test.platform.table.routes.compactMap(\.route.answer)
            let fields = answers.flatMap { DocumentTests.fields(of: $0) }
            let unmarked = fields.filter { DocumentTests.looksSecret($0.field) && !$0.field.isSecret }.map(\.name)
            // The name of a setting.
            #expect(Set(unmarked) == ["SystemSetting.key"])
            #expect(Set(fields.filter(\.field.isSecret).map(\.name)).count > 10)
        }
    }

    private static func looksSecret(_ field: Field) -> Bool {
        let example = field.example.string ?? ""
        return ["token", "secret", "key", "url", "recovery_codes", "access_token", "refresh_token"].contains(field.name)
            || ["password", "_token", "_secret", "_key"].contains(where: field.name.hasSuffix) && field.type.isText
            || example.contains(/\brm[a-z]{1,2}_|^eyJ|otpauth:/)
    }

    /// The fields of an answer, however deep.
    private static func fields(of schema: Schema) -> [(name: String, field: Field)] {
        schema.fields.flatMap { field in
            [("\(schema.name).\(field.name)", field)] + (field.type.within.map { fields(of: $0) } ?? [])
        }
    }

    private func expectParameters(
        _ operation: JSONValue, of route: Route, _ name: String, in document: JSONValue
    ) {
        let parameters = (operation["parameters"]?.array ?? []).map { parameter in
            parameter["$ref"]?.string.map { target(of: $0, in: document) } ?? parameter
        }
        let names = parameters.compactMap { $0["name"]?.string }
        #expect(Set(names).isSuperset(of: route.query.fields.map(\.name) + route.parameters.map(\.name)), "\(name)")
        #expect(!route.isList || Set(names).isSuperset(of: ["limit", "cursor"]), "\(name)")
        #expect(parameters.allSatisfy { $0["name"] == "cursor" || $0["example"] != nil }, "\(name)")
        let examples = parameters.filter { $0["in"] == "query" }.compactMap {
            parameter -> (name: String, value: String)? in
            guard let name = parameter["name"]?.string, let example = parameter["example"] else { return nil }
            return (name, example.string ?? String(decoding: example.encoded(), as: UTF8.self))
        }
        #expect(throws: Never.self, "\(name)") { _ = try route.decodeQuery(examples) }
    }

    private func expectBody(_ operation: JSONValue, of route: Route, _ name: String) throws {
        let media = operation["requestBody"]?["content"]?["application/json"]
        #expect((media != nil) == (route.body != nil), "\(name)")
        guard let media else { return }
        let example = try #require(media["example"], "\(name)")
        #expect(throws: Never.self, "\(name)") { try route.check(body: example) }
        #expect(media["schema"]?["$ref"] != nil, "\(name)")
    }

    private func expectAnswers(_ operation: JSONValue, of route: Route, _ name: String) {
        let content = operation["responses"]?["\(route.status)"]?["content"]?["application/json"]
        #expect((content != nil) == (route.answer != nil), "\(name)")
        let example = content?["example"]
        let element = route.isList ? example?["data"]?.array?.first : example
        #expect(element?.members?.map(\.name) == route.answer?.fields.map(\.name), "\(name)")
        let statuses = operation["responses"]?.members?.map(\.name) ?? []
        #expect(Set(statuses).isSuperset(of: route.problems.map(String.init) + ["422", "503"]), "\(name)")
        #expect(!route.path.contains("{") || statuses.contains("404"), "\(name)")
        #expect(route.body == nil || Set(statuses).isSuperset(of: ["400", "413", "415"]), "\(name)")
    }

    private func expectAccess(_ operation: JSONValue, of route: Route, _ name: String) {
        let scheme = operation["security"]?.array?.first?.members?.first?.name
        let statuses = operation["responses"]?.members?.map(\.name) ?? []
        switch route.access {
        case .public, .visitor, .hook: #expect(operation["security"] == [], "\(name)")
        case .operator: #expect(scheme == "operator" && statuses.contains("401"), "\(name)")
        case .customer: #expect(scheme == "customer" && statuses.contains("401") && statuses.contains("403"), "\(name)")
        case .session, .permission:
            #expect(scheme == "session" && Set(statuses).isSuperset(of: ["401", "403"]), "\(name)")
        }
    }

    @Test("Operations have names of their own, and every reference leads somewhere")
    func namesAndReferences() async throws {
        try await TestPlatform.with { test in
            let document = test.platform.openAPI
            let operations = (document["paths"]?.members ?? []).flatMap { $0.value.members ?? [] }
            let names = operations.compactMap { $0.value["operationId"]?.string }
            #expect(names.count == operations.count && Set(names).count == names.count)
            let tags = Set((document["tags"]?.array ?? []).compactMap { $0["name"]?.string })
            #expect(Set(operations.flatMap { $0.value["tags"]?.array ?? [] }.compactMap(\.string)) == tags)
            let titles = (document["tags"]?.array ?? []).compactMap { $0["description"]?.string }
            #expect(Set(titles).isSuperset(of: test.platform.registry.activeManifests.map(\.title)))
            for reference in references(in: document) {
                #expect(target(of: reference, in: document) != .null, "\(reference)")
            }
        }
    }

    private func target(of reference: String, in document: JSONValue) -> JSONValue {
        reference.split(separator: "/").dropFirst().reduce(document) { $0[String($1)] ?? .null }
    }

    private func references(in value: JSONValue) -> [String] {
        switch value {
        case .array(let elements): elements.flatMap(references)
        case .object(let members):
            members.flatMap { $0.name == "$ref" ? [$0.value.string ?? ""] : references(in: $0.value) }
        default: []
        }
    }

    @Test("The document is the same from every process, with or without a database")
    func documentIsStable() async throws {
        let served = try await TestPlatform.with { try await TestClient($0.url).send("GET", "/openapi.json") }
        let again = try await TestPlatform.with { try await TestClient($0.url).send("GET", "/openapi.json") }
        #expect(served.text == again.text && served.headers["ETag"] == again.headers["ETag"])
        let installation = try Installation.find(environment: [:])
        let described = try await Platform.described(installation, logger: TestServer.shared().logger)
        #expect(Array(served.text.utf8) == described.openAPI.encoded())
    }

    @Test("Who has the document is told so", arguments: ["/openapi.json", "/docs"])
    func knownDocumentIsNotSentAgain(path: String) async throws {
        try await TestPlatform.with { test in
            let client = TestClient(test.url)
            let first = try await client.send("GET", path)
            let tag = try #require(first.headers["ETag"].first)
            #expect(first.status == 200 && first.headers["Cache-Control"] == ["no-cache"])
            for known in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
                let answer = try await client.send("GET", path, headers: [("If-None-Match", known)])
                #expect(answer.status == 304 && answer.text.isEmpty && answer.headers["ETag"] == [tag], "\(known)")
            }
            #expect(try await client.send("GET", path, headers: [("If-None-Match", "\"other\"")]).status == 200)
            let head = try await client.send("HEAD", path)
            #expect(head.status == 200 && head.text.isEmpty && head.headers["ETag"] == [tag])
            let refused = try await client.send("POST", path)
            #expect(refused.status == 405 && refused.headers["Allow"] == ["GET, HEAD"])
        }
    }

    @Test("The page has every operation, loads nothing and runs nothing")
    func pageIsSelfContained() async throws {
        try await TestPlatform.with { test in
            let page = try await TestClient(test.url).send("GET", "/docs")
            #expect(page.headers["Content-Type"] == ["text/html; charset=utf-8"])
            let policy = try #require(page.headers["Content-Security-Policy"].first)
            #expect(policy.hasPrefix("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"))
            for word in [
                "<script", "<link", "<img", "@import", "url(", "src=", "=\"http", "=\"//", " style=", " onclick=",
            ] {
                #expect(!page.text.contains(word), "\(word)")
            }
            let operations = (test.platform.openAPI["paths"]?.members ?? []).flatMap { $0.value.members ?? [] }
            for operation in operations {
                let name = try #require(operation.value["operationId"]?.string)
                #expect(page.text.contains("<article id=\"\(name)\">"), "\(name)")
            }
            #expect(page.text.components(separatedBy: "<pre class=\"curl\">").count == operations.count + 1)
        }
    }
}

extension FieldType {
    fileprivate var isText: Bool {
        if case .text = self { true } else { false }
    }

    /// The fields of objects within.
    fileprivate var within: Schema? {
        switch self {
        case .object(let schema): schema
        case .array(let element, _): element.within
        default: nil
        }
    }
}
