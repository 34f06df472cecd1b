@_spi(Kernel) import PluginKit
import Testing

@Suite("HTML")
struct HTMLTests {
    @Test(
        "text never becomes markup, in content and in attributes of either quote",
        arguments: [
            "<script>alert(1)</script>", "\" onload=\"x", "' onload='x", "</title><img src=x>", "&lt;script&gt;",
            "<!--", "]]>", "\u{0}<\u{0}s>", "＜script＞", "<svg/onload=x>",
        ])
    func textIsEscaped(text: String) {
        let html: HTML = "<p title=\"\(text)\" lang='\(text)'>\(text)</p>"
        let inside = html.text.dropFirst("<p title=\"".count).dropLast("</p>".count)
        let tags = inside.split(separator: "\" lang='", maxSplits: 1)
        #expect(tags.count == 2)
        #expect(!inside.contains("<") && !tags[0].contains("\""))
        #expect(inside.count { $0 == "'" } == 2 && inside.count { $0 == "\"" } == 1 && inside.count { $0 == ">" } == 1)
    }

    @Test("markup goes into markup as it is, and parts line by line")
    func markupNests() {
        let items: [HTML] = ["a", "<"].map { (text: String) in "<li>\(text)</li>" }
        let html: HTML = "<ul>\(items)</ul>\(3)"
        #expect(html.text == "<ul><li>a</li>\n<li>&lt;</li></ul>3")
        #expect(HTML.joined(items, by: "<br>").text == "<li>a</li><br><li>&lt;</li>")
    }

    @Test("a page's title and language stay what they are")
    func pageIsEscaped() {
        let page = WebPage(title: "</title><script>", language: "de\"><b>", style: "p { }", body: "<p></p>")
        #expect(page.document.text.contains("<html lang=\"deb\">"))
        #expect(page.document.text.contains("<title>&lt;/title&gt;&lt;script&gt;</title>"))
        #expect(page.document.text.contains("<style>p { }</style>"))
    }
}
