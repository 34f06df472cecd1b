/// A strict reader of RFC 8259: UTF-8 only, no duplicate names, no NUL, bounded depth and numbers.
///
/// It exists because Foundation's reader accepts duplicate names and unbounded depth, and says no place.
public struct JSONParser {
    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    /// How deep arrays and objects may nest.
    public static let maximumDepth = 32

    /// Parses a whole document.
    ///
    /// - Throws: `JSONSyntaxError` with the byte offset of what is wrong.
    public static func parse(_ bytes: [UInt8]) throws(JSONSyntaxError) -> JSONValue {
        var parser = JSONParser(bytes: bytes)
        parser.skipSpace()
        let value = try parser.value()
        parser.skipSpace()
        guard parser.position == bytes.count else { throw parser.error("something follows the document") }
        return value
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private func error(_ reason: String) -> JSONSyntaxError {
        JSONSyntaxError(offset: position, reason: reason)
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func value() throws(JSONSyntaxError) -> JSONValue {
        switch current {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case let byte? where byte == UInt8(ascii: "-") || (48...57).contains(byte): return try number()
        case nil: throw error("the document ends too early")
        default: throw error("a value is expected here")
        }
    }

    private mutating func word(_ text: StaticString, _ value: JSONValue) throws(JSONSyntaxError) -> JSONValue {
        for offset in 0..<text.utf8CodeUnitCount {
            guard position + offset < bytes.count, bytes[position + offset] == text.utf8Start[offset] else {
                throw error("a value is expected here")
            }
        }
        position += text.utf8CodeUnitCount
        return value
    }

    private mutating func descend() throws(JSONSyntaxError) {
        depth += 1
        guard depth <= JSONParser.maximumDepth else { throw error("nested deeper than \(JSONParser.maximumDepth)") }
        position += 1
        skipSpace()
    }

    private mutating func object() throws(JSONSyntaxError) -> JSONValue {
        try descend()
        var members: [JSONValue.Member] = []
        var names: Set<String> = []
        if current == UInt8(ascii: "}") {
            position += 1
        } else {
            while true {
                guard current == UInt8(ascii: "\"") else { throw error("a name in quotes is expected here") }
                let name = try string()
                guard names.insert(name).inserted else { throw error("a name appears twice in one object") }
                skipSpace()
                guard current == UInt8(ascii: ":") else { throw error("a colon is expected here") }
                position += 1
                skipSpace()
                members.append(.init(name, try value()))
                if try endOfList(UInt8(ascii: "}")) { break }
            }
        }
        depth -= 1
        return .object(members)
    }

    private mutating func array() throws(JSONSyntaxError) -> JSONValue {
        try descend()
        var elements: [JSONValue] = []
        if current == UInt8(ascii: "]") {
            position += 1
        } else {
            while true {
                elements.append(try value())
                if try endOfList(UInt8(ascii: "]")) { break }
            }
        }
        depth -= 1
        return .array(elements)
    }

    private mutating func endOfList(_ end: UInt8) throws(JSONSyntaxError) -> Bool {
        skipSpace()
        switch current {
        case end:
            position += 1
            return true
        case UInt8(ascii: ","):
            position += 1
            skipSpace()
            return false
        default:
            throw error("a comma or the end of the list is expected here")
        }
    }

    private mutating func number() throws(JSONSyntaxError) -> JSONValue {
        let start = position
        var isWhole = true
        if current == UInt8(ascii: "-") { position += 1 }
        let firstDigit = position
        skipDigits()
        guard position > firstDigit, position == firstDigit + 1 || bytes[firstDigit] != UInt8(ascii: "0") else {
            throw error("a number may not start like this")
        }
        if current == UInt8(ascii: ".") {
            isWhole = false
            position += 1
            let start = position
            skipDigits()
            guard position > start else { throw error("a digit is expected after the point") }
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            isWhole = false
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            let start = position
            skipDigits()
            guard position > start else { throw error("a digit is expected in the exponent") }
        }
        guard position - start <= 400 else { throw error("the number is too long") }  // jsonb writes up to 343
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole, let integer = Int64(text) { return .integer(integer) }
        guard let double = Double(text), double.isFinite else { throw error("the number is too large") }
        return .number(double)
    }

    private mutating func skipDigits() {
        while let byte = current, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { position += 1 }
    }
}

extension JSONParser {
    private mutating func string() throws(JSONSyntaxError) -> String {
        position += 1
        let start = position
        while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
        if current == UInt8(ascii: "\"") {
            defer { position += 1 }
            return try text(bytes[start..<position])
        }
        return try stringWithEscapes(from: start)
    }

    private func text(_ slice: ArraySlice<UInt8>) throws(JSONSyntaxError) -> String {
        guard let text = String(validating: slice, as: UTF8.self) else { throw error("the text is not UTF-8") }
        return text
    }

    private mutating func stringWithEscapes(from start: Int) throws(JSONSyntaxError) -> String {
        var buffer = Array(bytes[start..<position])
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                defer { position += 1 }
                return try text(buffer[...])
            case UInt8(ascii: "\\"):
                position += 1
                try appendEscape(to: &buffer)
            case 0..<0x20:
                throw error("a control character must be escaped")
            default:
                buffer.append(byte)
                position += 1
            }
        }
        throw error("the text has no end")
    }

    private mutating func appendEscape(to buffer: inout [UInt8]) throws(JSONSyntaxError) {
        guard let byte = current else { throw error("the text has no end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): buffer.append(byte)
        case UInt8(ascii: "b"): buffer.append(0x08)
        case UInt8(ascii: "f"): buffer.append(0x0C)
        case UInt8(ascii: "n"): buffer.append(0x0A)
        case UInt8(ascii: "r"): buffer.append(0x0D)
        case UInt8(ascii: "t"): buffer.append(0x09)
        case UInt8(ascii: "u"): buffer.append(contentsOf: String(Character(try escapedScalar())).utf8)
        default: throw error("there is no such escape")
        }
    }

    /// Reads `XXXX`, and a second `\uXXXX` after a high surrogate. PostgreSQL's text holds no NUL, so neither may ours.
    private mutating func escapedScalar() throws(JSONSyntaxError) -> Unicode.Scalar {
        let first = try fourHexDigits()
        var code = first
        if (0xD800...0xDBFF).contains(first) {
            guard current == UInt8(ascii: "\\") else { throw error("half of a surrogate pair") }
            position += 1
            guard current == UInt8(ascii: "u") else { throw error("half of a surrogate pair") }
            position += 1
            let second = try fourHexDigits()
            guard (0xDC00...0xDFFF).contains(second) else { throw error("half of a surrogate pair") }
            code = 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
        }
        guard code != 0 else { throw error("the NUL character is not allowed") }
        guard let scalar = Unicode.Scalar(code) else { throw error("half of a surrogate pair") }
        return scalar
    }

    private mutating func fourHexDigits() throws(JSONSyntaxError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw error("four hexadecimal digits are expected here")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}

/// Where and why a document is not JSON.
public struct JSONSyntaxError: Error, Hashable, CustomStringConvertible {
    /// Bytes from the start of the document.
    public let offset: Int
    /// What is wrong.
    public let reason: String

    /// The fault in one line.
    public var description: String { "at byte \(offset): \(reason)" }
}
