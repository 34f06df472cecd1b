/// `application/x-www-form-urlencoded` (WHATWG URL §5.2), for forms and for queries.
enum FormEncoding {
    /// Names and values, joined.
    static func encode(_ form: [(name: String, value: String)]) -> String {
        form.map { "\(escape($0.name))=\(escape($0.value))" }.joined(separator: "&")
    }

    /// A text in which all but unreserved characters (RFC 3986 §2.3) is escaped.
    static func escape(_ text: String) -> String {
        var escaped = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            default: escaped += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return escaped
    }
}
