/// The part of a content that a request asks for (RFC 9110 section 14.2).
enum ByteRange: Hashable, Sendable {
    /// All of it: nothing else was asked for, or in a form that a server may ignore, such as several ranges.
    case whole
    case part(Range<Int>)
    /// It lies outside of the content.
    case unsatisfiable

    /// Reads the header `Range`.
    ///
    /// - Parameters:
    ///   - size: of the whole content.
    ///   - ifRange: the header `If-Range`; a range is only taken from the very content that it names.
    ///   - tag: the content's strong entity tag.
    init(_ header: String?, size: Int, ifRange: String?, tag: String) {
        guard let header, header.utf8.count <= 64, header.lowercased().hasPrefix("bytes="),
            ifRange == nil || ifRange == tag
        else {
            self = .whole
            return
        }
        let ends = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2 else {
            self = .whole
            return
        }
        switch (ByteRange.number(ends[0]), ByteRange.number(ends[1])) {
        case (.number(let first), .none): self = ByteRange(first, through: size - 1, of: size)
        case (.number(let first), .number(let last)) where first <= last:
            self = ByteRange(first, through: min(last, size - 1), of: size)
        case (.none, .number(let count)):
            self = count == 0 || size == 0 ? .unsatisfiable : .part(max(0, size - count)..<size)
        default: self = .whole
        }
    }

    private init(_ first: Int, through last: Int, of size: Int) {
        self = first < size ? .part(first..<last + 1) : .unsatisfiable
    }

    /// One end of a range.
    private enum End {
        case number(Int)
        case none
        case malformed
    }

    private static func number(_ text: Substring) -> End {
        if text.isEmpty { return .none }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return .malformed }
        // What is too long for a number lies beyond every content.
        return .number(Int(text) ?? .max >> 1)
    }
}
