/// Markup. What is interpolated as text is escaped, so that no content becomes markup by accident.
struct HTML: ExpressibleByStringInterpolation, Sendable {
    private(set) var text: String

    private init(text: String) {
        self.text = text
    }

    init(stringLiteral markup: String) {
        text = markup
    }

    init(stringInterpolation: Interpolation) {
        text = stringInterpolation.text
    }

    /// Literal parts are markup.
    struct Interpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + 16 * interpolationCount)
        }

        mutating func appendLiteral(_ markup: String) { text += markup }

        /// Text, escaped for content and for attributes in double quotes.
        mutating func appendInterpolation(_ content: String) {
            for character in content.unicodeScalars {
                switch character {
                case "&": text += "&amp;"
                case "<": text += "&lt;"
                case ">": text += "&gt;"
                case "\"": text += "&quot;"
                case "'": text += "&#39;"
                default: text.unicodeScalars.append(character)
                }
            }
        }

        mutating func appendInterpolation(_ markup: HTML) { text += markup.text }

        /// Parts, one a line.
        mutating func appendInterpolation(_ parts: [HTML]) { text += parts.map(\.text).joined(separator: "\n") }
    }

    /// Parts with a separator between them.
    static func joined(_ parts: [HTML], by separator: HTML) -> HTML {
        HTML(text: parts.map(\.text).joined(separator: separator.text))
    }

    /// Text in which backticks set code apart.
    static func prose(_ text: String) -> HTML {
        let parts = text.split(separator: "`", omittingEmptySubsequences: false).map(String.init)
        return joined(parts.enumerated().map { $0.isMultiple(of: 2) ? "\($1)" : "<code>\($1)</code>" }, by: "")
    }

    /// Markup of the product's own, such as a style sheet.
    static func trusted(_ markup: String) -> HTML { HTML(text: markup) }
}
