internal import PluginKit

/// An article that may answer what a customer asked.
enum Suggestion: Payload {
    static let schema = Schema(
        "KnowledgeSuggestion",
        [
            Field("id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000040", summary: "The article."),
            Field("title", .text(max: 300), example: "How to return a parcel"),
            Field("message_id", .uuid, example: "0192f0c1-7a00-7000-8000-000000000030"),
            Field("rank", .number, example: 0.6),
            Field("created_at", .timestamp, example: "2026-11-21T09:00:00.000000Z"),
        ])
}

/// The words of a question that are worth a search.
enum QuestionWords {
    /// Words of less say little in any language.
    private static let shortest = 4
    private static let most = 8

    /// A search for any of the longest words of a text; nil when there is none. Quoted, no word is an operator.
    static func query(of text: String) -> String? {
        let words = Set(text.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber }).map(String.init))
            .filter { $0.count >= shortest }
            .sorted { ($0.count, $1) > ($1.count, $0) }
            .prefix(most)
        return words.isEmpty ? nil : words.map { "\"\($0)\"" }.joined(separator: " or ")
    }
}
