/// Labels of a time series, escaped once when they are made.
package struct MetricLabels: Sendable, ExpressibleByDictionaryLiteral {
    /// The labels as they stand between the braces, such as `route="/v1/me",method="GET"`.
    let text: String

    /// Creates labels in the order given; values may hold anything, names are written as they are.
    package init(dictionaryLiteral elements: (String, String)...) {
        text = elements.map { "\($0)=\"\(MetricLabels.escape($1))\"" }.joined(separator: ",")
    }

    private init(text: String) {
        self.text = text
    }

    /// These labels and others after them.
    package func adding(_ others: MetricLabels) -> MetricLabels {
        guard !text.isEmpty, !others.text.isEmpty else { return text.isEmpty ? others : self }
        return MetricLabels(text: "\(text),\(others.text)")
    }

    /// A value as the text format 0.0.4 wants it: backslash, quote and line feed are escaped, each by itself, whatever
    /// it makes one character with.
    private static func escape(_ value: String) -> String {
        value.unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}
