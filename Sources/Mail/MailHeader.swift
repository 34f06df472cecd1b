internal import Foundation

/// The texts of headers. What people have typed never reaches one as it is: no name can end a line.
enum MailHeader {
    /// The most bytes of text in one encoded word, which has 75 characters (RFC 2047 §2).
    private static let longestWord = 42

    /// A text on one line, without control characters, cut to a length that people read.
    static func plain(_ text: String, maximum: Int = 120) -> String {
        let scalars = text.unicodeScalars.map { scalar -> Unicode.Scalar in
            let isBreak = scalar.properties.generalCategory == .control || scalar == "\u{2028}" || scalar == "\u{2029}"
            return isBreak ? " " : scalar
        }
        var result = String.UnicodeScalarView()
        // Marks that turn the direction of what follows would let a name rewrite the line after it.
        result.append(contentsOf: scalars.filter { $0.properties.generalCategory != .format }.prefix(maximum))
        return String(result).split(separator: " ").joined(separator: " ")
    }

    /// An unstructured value such as a subject (RFC 5322 §3.6.5).
    static func unstructured(_ text: String) -> String {
        let text = plain(text)
        let isPlain =
            text.utf8.count <= 60 && text.utf8.allSatisfy { (0x20...0x7E).contains($0) } && !text.contains("=?")
        return isPlain ? text : encoded(text)
    }

    /// The name before an address.
    static func phrase(_ text: String) -> String { encoded(plain(text)) }

    /// Encoded words (RFC 2047), one a line, each of whole characters.
    private static func encoded(_ text: String) -> String {
        var words: [String] = []
        var bytes: [UInt8] = []
        func flush() {
            guard !bytes.isEmpty else { return }
            words.append("=?UTF-8?B?\(Data(bytes).base64EncodedString())?=")
            bytes = []
        }
        for scalar in text.unicodeScalars {
            let encoded = Array(String(scalar).utf8)
            if bytes.count + encoded.count > longestWord { flush() }
            bytes += encoded
        }
        flush()
        return words.joined(separator: "\r\n ")
    }
}
