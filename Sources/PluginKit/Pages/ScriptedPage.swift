/// A page of the kernel's own with one script, which is part of the program and not made from values.
@_spi(Kernel)
public struct ScriptedPage: Sendable {
    /// What the browser's tab says.
    public let title: String
    /// The style sheet.
    public let style: StaticString
    /// JavaScript. What it works on stands in attributes of the body, where it is escaped like all text.
    public let script: StaticString
    /// What the page shows.
    public let body: HTML

    /// A page.
    public init(title: String, style: StaticString, script: StaticString, body: HTML) {
        self.title = title
        self.style = style
        self.script = script
        self.body = body
    }

    /// The whole document.
    public var document: HTML {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>\(title)</title>
        <style>\(HTML.trusted(style.description))</style>
        </head>
        <body>
        \(body)
        <script>\(HTML.trusted(script.description))</script>
        </body>
        </html>
        """
    }
}
