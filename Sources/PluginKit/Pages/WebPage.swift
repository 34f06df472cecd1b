/// A page for people's browsers: markup and a style sheet, without scripts.
///
/// The kernel writes the document around it and sends it with a policy under which nothing runs, nothing is loaded from
/// elsewhere, no form leads elsewhere and no other site frames it. No page sets or sees a cookie.
public struct WebPage: Sendable {
    /// What the browser's tab says.
    public let title: String
    /// The language of the content, such as `en` (RFC 5646).
    public let language: String
    /// The style sheet; a literal, so that nothing of a tenant gets into it.
    @_spi(Kernel) public let style: StaticString
    /// What the page shows.
    public let body: HTML

    /// A page.
    ///
    /// - Parameters:
    ///   - language: letters, digits and hyphens; whatever else is taken out.
    ///   - style: CSS; it may load nothing.
    public init(title: String, language: String = "en", style: StaticString = "", body: HTML) {
        self.title = title
        self.language = String(
            language.unicodeScalars.filter {
                $0.isASCII && ($0.properties.isAlphabetic || $0 == "-" || ("0"..."9" ~= $0))
            })
        self.style = style
        self.body = body
    }
}

@_spi(Kernel)
extension WebPage {
    /// The whole document.
    public var document: HTML {
        """
        <!doctype html>
        <html lang="\(language)">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>\(title)</title>
        <style>\(HTML.trusted(style.description))</style>
        </head>
        <body>
        \(body)
        </body>
        </html>
        """
    }
}
