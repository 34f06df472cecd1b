/// The header `traceparent` of W3C Trace Context, level 1 (Recommendation of 23 November 2021).
extension SpanContext {
    /// The caller's span; nil for whatever §3.2.2 and §4.3 call invalid, so that a new trace begins.
    ///
    /// A version that is not known yet is read as version 00 is, and may have more behind it.
    package init?(traceparent header: String?) {
        guard let header else { return nil }
        let bytes = Array(header.utf8.prefix(56))
        let dash = UInt8(ascii: "-")
        guard bytes.count >= 55, bytes[2] == dash, bytes[35] == dash, bytes[52] == dash,
            let version = SpanContext.number(bytes[0..<2]), version != 0xFF,
            let high = SpanContext.number(bytes[3..<19]), let low = SpanContext.number(bytes[19..<35]), high | low != 0,
            let span = SpanContext.number(bytes[36..<52]), span != 0,
            let flags = SpanContext.number(bytes[53..<55])
        else { return nil }
        guard bytes.count == 55 || (version > 0 && bytes[55] == dash) else { return nil }
        self.init(trace: TraceID(high: high, low: low), span: SpanID(bits: span), isSampled: flags & 1 == 1)
    }

    /// The header that names this span.
    package var traceparent: String { "00-\(trace)-\(span)-\(isSampled ? "01" : "00")" }

    /// A number of lower-case hexadecimal digits; upper case is invalid by §3.2.2.
    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var number: UInt64 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return number
    }
}
