/// One JSON object on one line, built as bytes.
///
/// Whatever the values hold, the result is one line of valid JSON: quotes, backslashes and control characters are
/// escaped, so that no value can forge a second line or move the cursor of a terminal that shows the log.
package struct JSONLine: Sendable {
    /// The most bytes of one string; the rest is cut off and replaced by an ellipsis.
    package static let longestString = 8192

    /// The text so far, from the opening brace.
    private var bytes: [UInt8] = []

    /// Whether the next member or element must be preceded by a comma.
    private var needsComma = false

    /// Opens the object.
    package init() {
        bytes.reserveCapacity(512)
        bytes.append(UInt8(ascii: "{"))
    }

    /// Appends a member whose value is a string.
    package mutating func member(_ key: String, _ value: String) {
        self.key(key)
        self.value(value)
    }

    /// Appends a member whose value is a whole number.
    package mutating func member(_ key: String, _ value: Int) {
        self.key(key)
        literal("\(value)")
    }

    /// Appends a member whose value is a number with three decimals.
    package mutating func member(_ key: String, thousandths value: Int) {
        let rest = value.magnitude % 1000
        self.key(key)
        literal(
            "\(value < 0 ? "-" : "")\(value.magnitude / 1000).\(rest < 100 ? "0" : "")\(rest < 10 ? "0" : "")\(rest)")
    }

    /// Appends the member `time`, the present moment.
    package mutating func time(_ time: LogTimestamp) {
        key("time")
        separate()
        bytes.append(UInt8(ascii: "\""))
        time.append(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    /// Appends a key; a value or a nested container must follow.
    package mutating func key(_ key: String) {
        separate()
        quote(key)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Appends a string, as an element or as the value of the key before.
    package mutating func value(_ value: String) {
        separate()
        quote(value)
        needsComma = true
    }

    /// Appends a nested array, as an element or as the value of the key before.
    package mutating func array(_ elements: (inout JSONLine) -> Void) {
        nest(open: "[", close: "]", elements)
    }

    /// Appends a nested object, as an element or as the value of the key before.
    package mutating func object(_ members: (inout JSONLine) -> Void) {
        nest(open: "{", close: "}", members)
    }

    /// The finished line with its line feed.
    package consuming func finished() -> [UInt8] {
        bytes.append(UInt8(ascii: "}"))
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    /// Appends what lies between two brackets.
    private mutating func nest(open: Unicode.Scalar, close: Unicode.Scalar, _ content: (inout JSONLine) -> Void) {
        separate()
        bytes.append(UInt8(ascii: open))
        needsComma = false
        content(&self)
        bytes.append(UInt8(ascii: close))
        needsComma = true
    }

    /// Appends a number that is valid JSON as it stands.
    private mutating func literal(_ text: String) {
        separate()
        bytes.append(contentsOf: text.utf8)
        needsComma = true
    }

    /// Appends the comma before all but the first.
    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = false
    }

    /// Appends a quoted and escaped string.
    private mutating func quote(_ string: String) {
        bytes.append(UInt8(ascii: "\""))
        defer { bytes.append(UInt8(ascii: "\"")) }
        var string = string
        if appendPlain(&string) { return }
        var count = 0
        for scalar in string.unicodeScalars {
            count += UTF8.width(scalar)
            guard count <= Self.longestString else {
                bytes.append(contentsOf: "…".utf8)
                break
            }
            append(scalar)
        }
    }

    /// Appends a string as it is when nothing in it must be escaped, as is the rule; false when something must.
    private mutating func appendPlain(_ string: inout String) -> Bool {
        string.withUTF8 { characters in
            let isPlain =
                characters.count <= JSONLine.longestString
                && characters.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
            if isPlain { bytes.append(contentsOf: characters) }
            return isPlain
        }
    }

    /// Appends one character, escaped where JSON or a terminal demands it.
    private mutating func append(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "\"": bytes.append(contentsOf: #"\""#.utf8)
        case "\\": bytes.append(contentsOf: #"\\"#.utf8)
        case "\n": bytes.append(contentsOf: #"\n"#.utf8)
        case "\r": bytes.append(contentsOf: #"\r"#.utf8)
        case "\t": bytes.append(contentsOf: #"\t"#.utf8)
        case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}", "\u{202A}"..."\u{202E}",
            "\u{2066}"..."\u{2069}":
            bytes.append(contentsOf: #"\u"#.utf8)
            for shift in [12, 8, 4, 0] as [UInt32] {
                let digit = UInt8(truncatingIfNeeded: scalar.value >> shift & 0xF)
                bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        default: bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
    }
}
