@_spi(Kernel) internal import PluginKit

/// The document as one page for people: no script, nothing loaded, readable without a style sheet.
struct DocumentPage: Sendable {
    private let document: JSONValue

    init(_ document: JSONValue) {
        self.document = document
    }

    /// The whole page.
    var html: HTML {
        let title = "\(text("info", "title")) API \(text("info", "version"))"
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(title)</title>
            <style>\(HTML.trusted(DocumentStyle.sheet))</style>
            </head>
            <body>
            <header>
            <h1>\(title)</h1>
            <p>\(HTML.prose(text("info", "description")))</p>
            <p>The same for machines: <a href="/openapi.json">/openapi.json</a> (OpenAPI \(text("openapi"))).
            The lines for curl take the server from <code>$URL</code> and the token from <code>$TOKEN</code>;
            a click selects a whole line.</p>
            </header>
            <nav aria-label="Operations">
            \(tags.map(contents))
            </nav>
            <main>
            \(tags.map(section))
            <section id="problems">
            <h2>Problems</h2>
            \(members("components", "responses").map(problem))
            </section>
            <section id="schemas">
            <h2>Schemas</h2>
            \(members("components", "schemas").map(component))
            </section>
            </main>
            </body>
            </html>

            """
    }

    private var tags: [JSONValue] { document["tags"]?.array ?? [] }

    /// Every operation with its place.
    private func operations(of tag: JSONValue) -> [DocumentedOperation] {
        members("paths").flatMap { path in
            (path.value.members ?? []).compactMap { method in
                method.value["tags"]?.array?.first == tag["name"]
                    ? DocumentedOperation(method: method.name.uppercased(), path: path.name, json: method.value) : nil
            }
        }
    }

    private func contents(_ tag: JSONValue) -> HTML {
        """
        <details>
        <summary><a href="#tag-\(tag.text("name"))">\(tag.text("description"))</a></summary>
        <ul>
        \(operations(of: tag).map { "<li><a href=\"#\($0.id)\"><code>\($0.method) \($0.path)</code></a></li>" })
        </ul>
        </details>
        """
    }

    private func section(_ tag: JSONValue) -> HTML {
        """
        <section id="tag-\(tag.text("name"))">
        <h2>\(tag.text("description"))</h2>
        \(operations(of: tag).map(article))
        </section>
        """
    }

    private func article(_ operation: DocumentedOperation) -> HTML {
        """
        <article id="\(operation.id)">
        <h3><code>\(operation.method) \(operation.path)</code></h3>
        <p>\(operation.json.text("summary")). \(HTML.prose(access(operation)))</p>
        \(parameters(operation))
        \(requestBody(operation))
        \(responses(operation))
        <pre class="curl"><code>\(operation.curl)</code></pre>
        </article>
        """
    }

    private func access(_ operation: DocumentedOperation) -> String {
        let description = operation.json.text("description")
        let audience =
            switch operation.scheme {
            case nil: "Open to anybody."
            case "operator": "For operators."
            case "customer": "For a customer's own token."
            case _ where operation.schemes.contains("customer"): "For any session, and for a customer's own token."
            // Then the permission says it.
            case _ where description.hasPrefix("Needs the permission"): ""
            default: "For any session."
            }
        return [audience, description].filter { !$0.isEmpty }.joined(separator: " ")
    }

    private func parameters(_ operation: DocumentedOperation) -> HTML {
        guard !operation.parameters.isEmpty else { return "" }
        let rows: [HTML] = operation.parameters.map(resolved).map { parameter in
            let isRequired = parameter["required"]?.bool == true
            return """
                <tr><td><code>\(parameter.text("name"))</code></td><td>\(parameter.text("in"))</td>\
                <td>\(DocumentedType.html(parameter["schema"] ?? .null))</td><td>\(isRequired ? "yes" : "")</td>\
                <td>\(parameter.text("description"))</td></tr>
                """
        }
        return """
            <table>
            <caption>Parameters</caption>
            <thead><tr><th>name</th><th>in</th><th>type</th><th>required</th><th>meaning</th></tr></thead>
            <tbody>
            \(rows)
            </tbody>
            </table>
            """
    }

    private func requestBody(_ operation: DocumentedOperation) -> HTML {
        guard let media = operation.requestMedia else { return "" }
        return """
            <details><summary>Body: \(DocumentedType.html(media["schema"] ?? .null))</summary>
            <pre><code>\((media["example"] ?? .null).indented)</code></pre>
            </details>
            """
    }

    private func responses(_ operation: DocumentedOperation) -> HTML {
        let responses = operation.json["responses"]?.members ?? []
        let problems: [HTML] = responses.compactMap { response in
            guard let name = response.value["$ref"]?.string?.split(separator: "/").last else { return nil }
            return "<a href=\"#problem-\(String(name))\">\(response.name)</a>"
        }
        return """
            \(responses.filter { $0.value["$ref"] == nil }.map { response($0.name, $0.value) })
            <p>\(problems.isEmpty ? "No problems." : "Problems:") \(HTML.joined(problems, by: ", "))</p>
            """
    }

    private func problem(_ component: JSONValue.Member) -> HTML {
        let example = component.value["content"]?.members?.first?.value["example"] ?? .null
        return """
            <article id="problem-\(component.name)">
            <h3>\(component.name)</h3>
            \(response(example["status"]?.integer.map(String.init) ?? "", component.value))
            </article>
            """
    }

    private func response(_ status: String, _ response: JSONValue) -> HTML {
        guard let media = response["content"]?.members?.first else {
            return "<p><b>\(status)</b> \(response.text("description"))</p>"
        }
        let type = DocumentedType.html(media.value["schema"] ?? .null)
        guard let example = media.value["example"] else {
            return "<p><b>\(status)</b> \(response.text("description")) \(media.name), \(type)</p>"
        }
        return """
            <details><summary><b>\(status)</b> \(response.text("description")) \(type)</summary>
            <pre><code>\(example.indented)</code></pre>
            </details>
            """
    }

    private func component(_ schema: JSONValue.Member) -> HTML {
        let required = schema.value["required"]?.array ?? []
        let rows: [HTML] = (schema.value["properties"]?.members ?? []).map { property in
            """
            <tr><td><code>\(property.name)</code></td><td>\(DocumentedType.html(property.value))</td>\
            <td>\(required.contains(.string(property.name)) ? "yes" : "")</td>\
            <td>\(property.value.text("description"))</td></tr>
            """
        }
        let rules = schema.value["allOf"]?.array ?? []
        return """
            <article id="schema-\(schema.name)">
            <h3>\(schema.name)</h3>
            \(rules.map { "<p>\(DocumentedType.rule($0))</p>" })
            <table>
            <thead><tr><th>field</th><th>type</th><th>required</th><th>meaning</th></tr></thead>
            <tbody>
            \(rows)
            </tbody>
            </table>
            </article>
            """
    }

    /// What a reference leads to; everything else as it is.
    private func resolved(_ value: JSONValue) -> JSONValue {
        guard let reference = value["$ref"]?.string else { return value }
        return reference.split(separator: "/").dropFirst().reduce(document) { $0[String($1)] ?? .null }
    }

    private func text(_ path: String...) -> String {
        path.reduce(document) { $0[$1] ?? .null }.string ?? ""
    }

    private func members(_ path: String...) -> [JSONValue.Member] {
        path.reduce(document) { $0[$1] ?? .null }.members ?? []
    }
}

extension JSONValue {
    /// The text of a member; empty when there is none.
    func text(_ name: String) -> String { self[name]?.string ?? "" }
}
