/// The rule by which metadata values are kept out of the log, judged by the key alone.
///
/// A key is split into words at every character that is neither letter nor digit and at every change from lower to
/// upper case: `customerEmail`, `customer_email` and `customer.email` are all `customer`, `email`. A key with one of
/// the sensitive words, or its plural, is covered, unless its last word says that the value only measures or identifies the thing:
/// `body_bytes` and `content_type` stay readable.
package struct Redaction: Sendable {
    /// What stands in the log in place of a covered value.
    package static let placeholder = "[redacted]"

    /// The rule of the server: credentials, contact details and everything a customer or an agent has written.
    package static let standard = Redaction(
        words: [
            "address", "answer", "apikey", "authorization", "body", "bearer", "content", "cookie", "credential",
            "detail", "email", "firstname", "ip", "jwt", "key", "lastname", "mail", "name", "note", "passphrase",
            "passwd", "password", "payload", "phone", "query", "recipient", "secret", "sender", "signature", "sql",
            "subject", "text", "token", "username",
        ],
        measures: ["bytes", "count", "id", "index", "length", "limit", "size", "type"]
    )

    /// The words that make a key sensitive, in lower case.
    private let words: Set<String>

    /// The last words that make a key harmless again, in lower case.
    private let measures: Set<String>

    /// Creates a rule from words in lower case.
    ///
    /// - Parameters:
    ///   - words: the words that make a key sensitive.
    ///   - measures: the last words that make it harmless again.
    package init(words: Set<String>, measures: Set<String> = []) {
        self.words = words
        self.measures = measures
    }

    /// Whether the value of this key must not be written.
    package func covers(_ key: String) -> Bool {
        let parts = Self.split(key)
        guard parts.contains(where: isSensitive) else { return false }
        guard parts.count > 1, let last = parts.last else { return true }
        return !measures.contains(last)
    }

    /// Whether a word, or what it is the plural of, is sensitive.
    private func isSensitive(_ word: String) -> Bool {
        words.contains(word) || (word.last == "s" && words.contains(String(word.dropLast())))
    }

    /// The words of a key, in lower case.
    private static func split(_ key: String) -> [String] {
        var parts: [String] = []
        var current = ""
        var previousIsLower = false
        for character in key {
            let isWord = character.isLetter || character.isNumber
            if !isWord || (character.isUppercase && previousIsLower) {
                if !current.isEmpty { parts.append(current) }
                current = ""
            }
            if isWord { current += character.lowercased() }
            previousIsLower = character.isLowercase || character.isNumber
        }
        if !current.isEmpty { parts.append(current) }
        return parts
    }
}
