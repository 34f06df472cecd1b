@_spi(Kernel) import PluginKit
import Testing

@testable import HTTP

@Suite("DocumentPage")
struct DocumentPageTests {
    @Test("what is interpolated as text never becomes markup")
    func textIsEscaped() {
        let text = "<script>alert('1')</script> & \"x\""
        let html: HTML = "<p title=\"\(text)\">\(text)</p>"
        let escaped = "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;x&quot;"
        #expect(html.text == "<p title=\"\(escaped)\">\(escaped)</p>")
        let nested: HTML = "<div>\(html)</div>"
        #expect(nested.text == "<div>\(html.text)</div>")
    }

    @Test("backticks set code apart")
    func proseHasCode() {
        #expect(HTML.prose("Needs `a<b`.").text == "Needs <code>a&lt;b</code>.")
        #expect(HTML.prose("").text == "")
    }

    @Test("a plugin's words stay words")
    func pluginCannotInject() {
        let route = Route.request("GET", "/a", .public, returns: SampleRoute.self, "<img src=x onerror=y>") { _ in
            throw Problem.notFound
        }
        let document = OpenAPI.document(of: [MountedRoute(route, module: nil)], version: "1")
        #expect(DocumentPage(document).html.text.contains("&lt;img src=x onerror=y&gt;"))
        #expect(!DocumentPage(document).html.text.contains("<img"))
    }

    @Test("a header that operations share stands among the parameters of each")
    func sharedParameters() {
        let page = DocumentPage(OpenAPI.document(of: [], version: "1")).html.text
        #expect(page.contains("<td><code>If-None-Match</code></td><td>header</td><td>string</td>"))
    }

    /// An operation and the line that calls it.
    struct CurlCase: Sendable, CustomTestStringConvertible {
        let operation: JSONValue
        let method: String
        let line: String
        var testDescription: String { line }
    }

    @Test(
        "the line for curl calls the operation with its examples",
        arguments: [
            CurlCase(operation: [:], method: "GET", line: "curl -sS \"$URL/v1/a/{id}\""),
            CurlCase(
                operation: [
                    "security": [["session": []]],
                    "parameters": [
                        ["name": "id", "in": "path", "example": "a b"],
                        ["name": "q", "in": "query", "required": true, "example": "x&y"],
                        ["name": "limit", "in": "query", "required": false, "example": 25],
                    ],
                ], method: "DELETE",
                line: "curl -sS -X DELETE \"$URL/v1/a/a%20b?q=x%26y\" -H \"Authorization: Bearer $TOKEN\""),
            CurlCase(
                operation: ["requestBody": ["content": ["application/json": ["example": ["word": "it's"]]]]],
                method: "POST",
                line: """
                    curl -sS -X POST "$URL/v1/a/{id}" -H 'Content-Type: application/json' -d '{"word":"it'\\''s"}'
                    """),
        ])
    func curlLine(_ given: CurlCase) {
        let operation = DocumentedOperation(method: given.method, path: "/v1/a/{id}", json: given.operation)
        #expect(operation.curl == given.line)
    }

    @Test("a document is set over several lines and stays the same document")
    func indentedDocument() throws {
        let value: JSONValue = ["a": [1, ["b": nil], []], "c \"d\"": "e"]
        #expect((["a": [1]] as JSONValue).indented == "{\n  \"a\": [\n    1\n  ]\n}")
        #expect(try JSONParser.parse(Array(value.indented.utf8)) == value)
    }
}
