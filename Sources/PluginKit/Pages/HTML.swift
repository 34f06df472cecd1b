/// Markup. What is interpolated as text is escaped, so that no content becomes markup by accident.
///
/// ```swift
/// let item: HTML = "<li><a href=\"\(address)\">\(title)</a></li>"
/// ```
/// Literals are markup; attributes stand in quotes. There is no way to make markup of text.
public struct HTML: ExpressibleByStringInterpolation, Hashable, Sendable {
    /// The markup.
    public let text: String

    private init(text: String) {
        self.text = text
    }

    /// Markup of the author's own.
    public init(stringLiteral markup: StaticString) {
        text = markup.description
    }

    /// Markup of the author's own with values in it.
    public init(stringInterpolation: Interpolation) {
        text = stringInterpolation.text
    }

    /// Literal parts are markup.
    public struct Interpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        /// Sets room aside.
        public init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + 16 * interpolationCount)
        }

        /// Appends markup.
        public mutating func appendLiteral(_ markup: StaticString) { text += markup.description }

        /// Appends text, escaped for content and for attributes in quotes.
        public mutating func appendInterpolation(_ content: String) {
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

        /// Appends a whole number.
        public mutating func appendInterpolation(_ number: Int) { text += "\(number)" }

        /// Appends markup.
        public mutating func appendInterpolation(_ markup: HTML) { text += markup.text }

        /// Appends parts, one a line.
        public mutating func appendInterpolation(_ parts: [HTML]) {
            text += parts.map(\.text).joined(separator: "\n")
        }
    }

    /// Parts with a separator between them.
    public static func joined(_ parts: [HTML], by separator: HTML) -> HTML {
        HTML(text: parts.map(\.text).joined(separator: separator.text))
    }

    /// Text in which backticks set code apart.
    public static func prose(_ text: String) -> HTML {
        let parts = text.split(separator: "`", omittingEmptySubsequences: false).map(String.init)
        return joined(parts.enumerated().map { $0.isMultiple(of: 2) ? "\($1)" : "<code>\($1)</code>" }, by: "")
    }

    /// Markup of the product's own, such as a style sheet.
    @_spi(Kernel)
    public static func trusted(_ markup: String) -> HTML { HTML(text: markup) }
}
